# One bug, one program, one expected diagnostic; a test for the cases of each
# first word.  The cases themselves are found by the harness.
CASE_TESTS = \
	%D%/after.case \
	%D%/bad.case \
	%D%/double.case \
	%D%/guard.case \
	%D%/invalid.case \
	%D%/leak.case \
	%D%/mismatch.case \
	%D%/overrun.case \
	%D%/stack.case \
	%D%/underrun.case
TESTS += $(CASE_TESTS)
CLEANFILES += $(CASE_TESTS)
$(CASE_TESTS):
	@$(MKDIR_P) $(@D)
	@echo "$(@F): run says what this is" >$@
CASE_LOG_COMPILER = $(LOG_COMPILER) $(top_srcdir)/tests/cases/run
dist_check_SCRIPTS += %D%/run
EXTRA_DIST += %D%/case.h %D%/places.c %D%/unseen.c
CASES = \
	%D%/after_free.c \
	%D%/after_free_evicted.c \
	%D%/after_free_first.c \
	%D%/after_free_middle.c \
	%D%/after_free_realloc.c \
	%D%/bad_alignment.c \
	%D%/bad_alignment_posix.c \
	%D%/bad_size_calloc.c \
	%D%/bad_size_negative.c \
	%D%/bad_size_realloc.c \
	%D%/double_free.c \
	%D%/double_free_functions.c \
	%D%/double_free_large.c \
	%D%/double_free_later.c \
	%D%/double_free_moved.c \
	%D%/double_free_of_0.c \
	%D%/double_free_realloc.c \
	%D%/guard_after_free_read.c \
	%D%/guard_after_free_write.c \
	%D%/guard_after_realloc.c \
	%D%/guard_alternate.c \
	%D%/guard_front_read_1.c \
	%D%/guard_front_write_8.c \
	%D%/guard_read_1.c \
	%D%/guard_read_4095.c \
	%D%/guard_read_8.c \
	%D%/guard_read_calloc.c \
	%D%/guard_read_memalign.c \
	%D%/guard_read_new_array.cc \
	%D%/guard_read_of_0.c \
	%D%/guard_read_of_1000.c \
	%D%/guard_read_of_300000.c \
	%D%/guard_read_of_4096.c \
	%D%/guard_read_realloc.c \
	%D%/invalid_code.c \
	%D%/invalid_delete.cc \
	%D%/invalid_global.c \
	%D%/invalid_interior.c \
	%D%/invalid_interior_large.c \
	%D%/invalid_literal.c \
	%D%/invalid_low.c \
	%D%/invalid_made_up.c \
	%D%/invalid_misaligned.c \
	%D%/invalid_realloc.c \
	%D%/invalid_stack.c \
	%D%/leak.c \
	%D%/leak_ten.c \
	%D%/mismatch_aligned_free.cc \
	%D%/mismatch_calloc_delete.cc \
	%D%/mismatch_cookie_delete.cc \
	%D%/mismatch_malloc_delete.cc \
	%D%/mismatch_malloc_delete_array.cc \
	%D%/mismatch_memalign_delete.cc \
	%D%/mismatch_new_array_delete.cc \
	%D%/mismatch_new_array_free.cc \
	%D%/mismatch_new_delete_array.cc \
	%D%/mismatch_new_free.cc \
	%D%/mismatch_new_realloc.cc \
	%D%/overrun_0.c \
	%D%/overrun_1.c \
	%D%/overrun_8.c \
	%D%/overrun_at_realloc.c \
	%D%/overrun_kept.c \
	%D%/overrun_kept_large.c \
	%D%/overrun_nul.c \
	%D%/overrun_of_0.c \
	%D%/overrun_of_1.c \
	%D%/overrun_of_1000.c \
	%D%/overrun_of_100000.c \
	%D%/overrun_of_16.c \
	%D%/overrun_of_24.c \
	%D%/overrun_of_3000000.c \
	%D%/overrun_of_4096.c \
	%D%/overrun_run.c \
	%D%/overrun_shrunk.c \
	%D%/stack_alloca.c \
	%D%/underrun_1.c \
	%D%/underrun_8.c \
	%D%/underrun_kept.c
EXTRA_DIST += $(CASES)

# Every call, -O0 and -O2, every place, both modes; with $(CC) and $(CXX).
.PHONY: check-cases
check-cases: all
	@$(AM_TESTS_ENVIRONMENT) $(top_srcdir)/tests/cases/run whole $(CASE)
