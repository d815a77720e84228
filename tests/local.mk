# Tests: one folder each.  Everything in TESTS answers 0 (passed), 77 (skipped,
# with the reason as the last line of its log) or anything else (failed).
# They run from the top of the build tree and find the pieces by these words.
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
	CC='$(CC)' CXX='$(CXX)'; \
	export top_srcdir top_builddir CC CXX;

include tests/unit/local.mk
include tests/house/local.mk
include tests/cli/local.mk
include tests/viewer/local.mk
include tests/preload/local.mk
include tests/unwind/local.mk
include tests/cases/local.mk
include tests/programs/local.mk
include tests/bench/local.mk
