# common.sh - the headers and the library of the build tree, as if installed.
#
# SPDX-License-Identifier: GPL-2.0-or-later
library=$top_builddir/.libs/libpoolwatch.so

# The names of the installed headers, without .h.
public_headers() {
	sed -n '/^POOLWATCH_API/,/[^\\]$/s,.*lib/alloc/\(.*\)\.h.*,\1,p' \
	    "$top_srcdir/lib/poolwatch/local.mk"
}

# What they declare, by the linker's names; sorted.
public_symbols() {
	for header in $(public_headers); do
		grep -o 'PW_SYMBOL([a-z_0-9]*)' "$top_srcdir/lib/alloc/$header.h"
	done | sed 's/PW_SYMBOL(\(.*\))/pw_\1/' | LC_ALL=C sort -u
}

# lay_out FOLDER: the headers as <poolwatch/NAME.h> below it.
lay_out() {
	mkdir -p "$1/poolwatch"
	for header in public $(public_headers); do
		ln -s "$(realpath "$top_srcdir")/lib/alloc/$header.h" \
		    "$1/poolwatch/$header.h"
	done
}
