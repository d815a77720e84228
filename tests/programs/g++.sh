# g++.sh - the compiler driver with cc1plus and as below it.
#
# SPDX-License-Identifier: GPL-2.0-or-later
need g++
report=--top=500		# of some hundred thousand call paths

prepare() {
	cat >"$in/work.cc" <<-'CC'
	#include <map>
	#include <regex>
	#include <string>
	std::map<std::string, int>
	words(const std::string &s)
	{
		std::map<std::string, int> m;
		std::regex r("[a-z]+");
		for (std::sregex_iterator i(s.begin(), s.end(), r), e; i != e; ++i)
			m[i->str()]++;
		return m;
	}
	CC
}

work() {
	"$@" g++ -c -o work.o "$in/work.cc" && wc -c <work.o
}

produce() {
	echo work.o
}
