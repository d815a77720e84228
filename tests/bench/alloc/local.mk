# What the allocators cost, beside glibc's; "make bench-alloc", not part of
# make check.  ALLOC_BENCHES are the ones that take no arguments.
ALLOC_BENCHES =
dist_check_SCRIPTS += %D%/record %D%/run
EXTRA_DIST += %D%/README

EXTRA_PROGRAMS += %D%/replay_bench
%C%_replay_bench_SOURCES = \
	%D%/replay_bench.c \
	%D%/stream.c \
	%D%/stream.h \
	%D%/subjects.c \
	%D%/subjects.h
%C%_replay_bench_CFLAGS = $(AM_CFLAGS) -pthread
%C%_replay_bench_LDADD = libpoolwatch.la -lm

ALLOC_BENCHES += %D%/vmem_bench
%C%_vmem_bench_SOURCES = %D%/vmem_bench.c
%C%_vmem_bench_LDADD = libpoolwatch.la
ALLOC_BENCHES += %D%/pool_bench
%C%_pool_bench_SOURCES = %D%/pool_bench.c
%C%_pool_bench_CFLAGS = $(AM_CFLAGS) -pthread
%C%_pool_bench_LDADD = liballoc.la libbase.la

ALLOC_BENCHES += %D%/quick_bench
%C%_quick_bench_SOURCES = %D%/quick_bench.c
%C%_quick_bench_CFLAGS = $(AM_CFLAGS) -pthread
%C%_quick_bench_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_quick_bench_LDADD = libpoolwatch.la

# (end of benches)
EXTRA_PROGRAMS += $(ALLOC_BENCHES)
CLEANFILES += $(ALLOC_BENCHES) %D%/replay_bench

.PHONY: bench-alloc
bench-alloc: all $(ALLOC_BENCHES) %D%/replay_bench
	@$(AM_TESTS_ENVIRONMENT) ALLOC_BENCHES='$(ALLOC_BENCHES)' \
	$(SHELL) -c 'exec $(top_srcdir)/tests/bench/alloc/run $(BENCH)'
