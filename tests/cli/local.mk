# Tests of poolwatch and poolleak as commands.
RUNNER_TESTS = \
	%D%/runner_above.sh \
	%D%/runner_bounds.sh \
	%D%/runner_invisible.sh \
	%D%/runner_jobs.sh \
	%D%/runner_kills.sh \
	%D%/runner_lossy.sh \
	%D%/runner_names.sh \
	%D%/runner_options.sh \
	%D%/runner_orphan.sh \
	%D%/runner_refuse.sh \
	%D%/runner_ring.sh \
	%D%/runner_shed.sh \
	%D%/runner_signals.sh \
	%D%/runner_stacks.sh \
	%D%/runner_stalled.sh \
	%D%/runner_status.sh \
	%D%/runner_tell.sh \
	%D%/runner_tools.sh \
	%D%/runner_tree.sh
dist_check_SCRIPTS += $(RUNNER_TESTS)
TESTS += $(RUNNER_TESTS)

LEAK_TESTS = \
	%D%/options_act.sh \
	%D%/poolleak_at.sh \
	%D%/poolleak_bounded.sh \
	%D%/poolleak_explain.sh \
	%D%/poolleak_forensics.sh \
	%D%/poolleak_names.sh \
	%D%/poolleak_old.sh \
	%D%/poolleak_report.sh \
	%D%/poolleak_source.sh \
	%D%/poolleak_stored.sh \
	%D%/suppressions.sh
dist_check_SCRIPTS += $(LEAK_TESTS)
TESTS += $(LEAK_TESTS)
EXTRA_DIST += %D%/hostile.c

check_PROGRAMS += %D%/stored
%C%_stored_SOURCES = %D%/stored.c
%C%_stored_LDADD = libmmalloc.la liballoc.la libbase.la libargs.la
