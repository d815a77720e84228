# redis.sh - redis-server under a bounded redis-benchmark, shut down cleanly.
#
# Only the server is watched; its log has times and a pid in it and is kept
# apart.  What must be the same is what clients see, and the server's status.
# redis-server is another name of redis-check-rdb, from redis-tools.
#
# SPDX-License-Identifier: GPL-2.0-or-later
need redis-benchmark redis-check-rdb redis-cli

prepare() {
	ln -s "$(command -v redis-check-rdb)" "$in/redis-server"
}

work() {
	"$@" "$in/redis-server" --port 0 --unixsocket r.sock --save '' \
	    --appendonly no --daemonize no --loglevel warning >server.log &
	local server=$! n=0
	until [ "$(redis-cli -s r.sock ping 2>/dev/null)" = PONG ]; do
		n=$((n + 1))
		[ $n -lt 200 ] || { kill "$server"; return 99; }
		sleep 0.05
	done
	redis-benchmark -s r.sock -q -n "${REDIS_REQUESTS:-4000}" -c 8 \
	    -t set,get,lpush,sadd,hset,zadd -r 1000 -d 100 >bench.log 2>&1
	for n in 1 2 3 4 5; do
		redis-cli -s r.sock set "key:$n" "$(seq $n $((n * 40)))"
		redis-cli -s r.sock get "key:$n" | cksum
	done
	redis-cli -s r.sock shutdown nosave
	wait $server
}
