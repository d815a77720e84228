# replay.awk - a dump replayed: an address that is given twice without having
# been taken back, or taken back without having been given, is out of order.
#
# SPDX-License-Identifier: GPL-2.0-or-later
/ (ALLOC|FREE) / {
	a = $0
	sub(/.* addr=/, "", a)
	sub(/ .*/, "", a)
}
/ ALLOC / {
	if (a in live && wrong++ < 5)
		print "given twice: " $0
	live[a] = 1
}
/ FREE / {
	if (!(a in live) && wrong++ < 5)
		print "taken twice: " $0
	delete live[a]
}
END {
	exit wrong > 0
}
