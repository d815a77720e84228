# jq.sh - a file of 5 MB read, grouped and summed.
#
# SPDX-License-Identifier: GPL-2.0-or-later
need jq

prepare() {
	awk 'BEGIN { print "["
	    for (i = 0; i < 52000; i++)
		printf "%s{\"id\":%d,\"key\":\"group %d\",\"value\":%.3f,\"list\":[%d,%d,\"%s\"],\"on\":%s}\n",
		    i ? "," : "", i, i * 7919 % 97, i / 7, i, i + 1,
		    "some words of text", i % 3 ? "true" : "false"
	    print "]" }' >"$in/big.json"
}

work() {
	"$@" jq -c 'group_by(.key) | map({key: .[0].key, n: length,
	    sum: (map(.value) | add)}) | .[0:20], length' "$in/big.json"
}
