# Tests of libpoolwatch.so as a program's library: what it exports and needs,
# what it may stand beside, and whether it can be used once it is installed.
LIBRARY_TESTS = \
	%D%/check-beside \
	%D%/check-installed \
	%D%/check-library
dist_check_SCRIPTS += $(LIBRARY_TESTS)
TESTS += $(LIBRARY_TESTS)
EXTRA_DIST += \
	%D%/beside.c \
	%D%/beside_own.c \
	%D%/common.sh \
	%D%/installed.c
