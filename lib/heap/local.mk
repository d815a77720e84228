# Floor 3: replay, a trace's events into blocks, sites, totals.  Outside;
# uses lib/base and lib/trace.
noinst_LTLIBRARIES += libheap.la
libheap_la_SOURCES = \
	%D%/blocks.c \
	%D%/blocks.h \
	%D%/heap.c \
	%D%/heap.h \
	%D%/heap_errors.c \
	%D%/heap_find.c \
	%D%/heap_impl.h \
	%D%/heap_marks.c \
	%D%/heap_pairs.c \
	%D%/heap_procs.c \
	%D%/heap_replay.c \
	%D%/heap_state.c \
	%D%/heap_state.h \
	%D%/heap_state_blocks.c \
	%D%/heap_tables.c \
	%D%/heap_unused.c \
	%D%/map.c \
	%D%/map.h \
	%D%/mappings.c \
	%D%/moment.c \
	%D%/moment.h \
	%D%/ranges.c \
	%D%/ranges.h \
	%D%/weight.c
libheap_la_LIBADD = -lm
