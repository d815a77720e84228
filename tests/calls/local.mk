# Checked calls of libc: each function at each end of a block.
dist_check_SCRIPTS += %D%/check-calls
TESTS += %D%/check-calls
EXTRA_DIST += %D%/calls.c %D%/chk.h %D%/rows.h
