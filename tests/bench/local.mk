# Measurements; "make bench", not part of make check.
dist_check_SCRIPTS += %D%/run %D%/sample-cost
EXTRA_DIST += %D%/README %D%/RESULTS %D%/cost.py
EXTRA_PROGRAMS += %D%/many
%C%_many_SOURCES = %D%/many.c
%C%_many_CFLAGS = -std=gnu11 $(WARN_CFLAGS) -fno-optimize-sibling-calls
CLEANFILES += %D%/many
EXTRA_PROGRAMS += %D%/alloc_bench
%C%_alloc_bench_SOURCES = %D%/alloc_bench.c
%C%_alloc_bench_CFLAGS = $(AM_CFLAGS) -pthread
%C%_alloc_bench_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_alloc_bench_LDADD = libbackend.la liballoc.la libbase.la
CLEANFILES += %D%/alloc_bench
EXTRA_PROGRAMS += %D%/unwind_bench
%C%_unwind_bench_SOURCES = %D%/unwind_bench.c
%C%_unwind_bench_CFLAGS = $(AM_CFLAGS) -O2 -fno-optimize-sibling-calls
%C%_unwind_bench_LDADD = libpwunwind.la libtracein.la libbase.la
CLEANFILES += %D%/unwind_bench

.PHONY: bench
bench: all %D%/many %D%/unwind_bench %D%/record/micro
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) -c 'exec $(top_srcdir)/tests/bench/run $(BENCH)'

.PHONY: bench-sample
bench-sample: all
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) -c 'exec $(top_srcdir)/tests/bench/sample-cost $(BENCH)'
