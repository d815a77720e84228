# lua5.4.sh - binary trees, built and dropped.
#
# SPDX-License-Identifier: GPL-2.0-or-later
need lua5.4

prepare() {
	cat >"$in/work.lua" <<-'LUA'
	local function tree(d)
		if d == 0 then return {} end
		return {tree(d - 1), tree(d - 1)}
	end
	local function count(t)
		return t[1] and 1 + count(t[1]) + count(t[2]) or 1
	end
	local long = tree(14)
	for d = 4, 12, 4 do
		local n, sum = 1 << (14 - d), 0
		for _ = 1, n do sum = sum + count(tree(d)) end
		print(n, d, sum)
	end
	print(count(long))
	LUA
}

work() {
	"$@" lua5.4 "$in/work.lua"
}
