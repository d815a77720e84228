# sqlite3.sh - a table of 100,000 rows in memory, an index, an aggregate.
#
# SPDX-License-Identifier: GPL-2.0-or-later
need sqlite3

prepare() {
	cat >"$in/work.sql" <<-'SQL'
	create table t(id integer primary key, name text, x real);
	with recursive n(i) as (select 1 union all select i + 1 from n
	    where i < 100000)
	insert into t select i, printf('name-%05d', i * 7919 % 100003),
	    i * 0.5 from n;
	create index t_name on t(name);
	select count(*), sum(x), min(name), max(name) from t;
	select substr(name, 1, 7) as k, count(*), avg(x) from t
	    group by k order by k limit 10;
	select group_concat(name) from (select name from t
	    where name glob '*99*' order by x desc limit 20);
	SQL
}

work() {
	"$@" sqlite3 :memory: <"$in/work.sql"
}
