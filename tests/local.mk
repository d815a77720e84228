# Tests: one folder each.  Everything in TESTS answers 0 (passed), 77 (skipped,
# with the reason as the last line of its log) or anything else (failed).
# They run from the top of the build tree, find the pieces by these words, and
# are killed when they hang (bounded).
AM_TESTS_ENVIRONMENT = \
	top_srcdir='$(abs_top_srcdir)' top_builddir='$(abs_top_builddir)' \
	CC='$(CC)' CXX='$(CXX)' \
	TEST_CPPFLAGS='$(ELF_CFLAGS) $(DW_CFLAGS) $(UNWIND_CFLAGS) $(CURSES_CFLAGS) $(ZSTD_CFLAGS) $(JSON_CFLAGS)'; \
	export top_srcdir top_builddir CC CXX TEST_CPPFLAGS;
TEST_EXTENSIONS = .case .model .program
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/bounded

EXTRA_DIST += %D%/RULES.md %D%/bounded %D%/libtest.sh

include tests/fuzz/local.mk
include tests/unit/local.mk
include tests/model/local.mk
include tests/library/local.mk
include tests/house/local.mk
include tests/samples/local.mk
include tests/cli/local.mk
include tests/viewer/local.mk
include tests/preload/local.mk
include tests/unwind/local.mk
include tests/calls/local.mk
include tests/cases/local.mk
include tests/programs/local.mk
include tests/bench/local.mk
include tests/bench/alloc/local.mk
include tests/bench/record/local.mk
include tests/campaign/local.mk
