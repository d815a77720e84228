# Tests of the module inside real little programs.
PRELOAD_TESTS = \
	%D%/check-byhand \
	%D%/check-byhand-bounds \
	%D%/check-byhand-closed \
	%D%/check-byhand-many \
	%D%/check-byhand-options \
	%D%/check-byhand-service \
	%D%/check-children \
	%D%/check-churn \
	%D%/check-clock \
	%D%/check-closed \
	%D%/check-contracts \
	%D%/check-corrupt \
	%D%/check-crash \
	%D%/check-crowd \
	%D%/check-daemon \
	%D%/check-depth \
	%D%/check-door \
	%D%/check-early \
	%D%/check-environment \
	%D%/check-exits \
	%D%/check-faults \
	%D%/check-flags \
	%D%/check-forks \
	%D%/check-handlers \
	%D%/check-huge \
	%D%/check-library-new \
	%D%/check-loader \
	%D%/check-mappings \
	%D%/check-narrow \
	%D%/check-order \
	%D%/check-plugin \
	%D%/check-quarantine \
	%D%/check-sample \
	%D%/check-stack \
	%D%/check-sweep \
	%D%/check-threads \
	%D%/check-throws
dist_check_SCRIPTS += $(PRELOAD_TESTS)
TESTS += $(PRELOAD_TESTS)
EXTRA_DIST += \
	%D%/bounds.c \
	%D%/by_hand.sh \
	%D%/churn.c \
	%D%/closed.c \
	%D%/common.sh \
	%D%/contracts.c \
	%D%/corrupt.c \
	%D%/crash.c \
	%D%/crowd.c \
	%D%/daemon.c \
	%D%/deep.c \
	%D%/door.c \
	%D%/early.c \
	%D%/early_lib.c \
	%D%/exits.c \
	%D%/family.c \
	%D%/faults.c \
	%D%/flags.c \
	%D%/forks.c \
	%D%/handed.cc \
	%D%/hosts.c \
	%D%/huge.c \
	%D%/loader.c \
	%D%/mappings.c \
	%D%/narrow.c \
	%D%/operators.cc \
	%D%/order.c \
	%D%/painted.c \
	%D%/plugin.c \
	%D%/replay.awk \
	%D%/sample.c \
	%D%/sweep.c \
	%D%/threads.c \
	%D%/throws.cc \
	%D%/timer.c
