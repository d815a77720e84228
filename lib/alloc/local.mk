# Floor 1: allocators.  Uses lib/base only; linked inside the watched program.
noinst_LTLIBRARIES += liballoc.la
liballoc_la_CFLAGS = $(INSIDE_CFLAGS)
liballoc_la_SOURCES = \
	%D%/pmalloc.c \
	%D%/pmalloc.h \
	%D%/pool.c \
	%D%/pool.h \
	%D%/pool_arena.c \
	%D%/pool_bins.c \
	%D%/pool_block.c \
	%D%/pool_check.c \
	%D%/pool_compact.c \
	%D%/pool_create.c \
	%D%/pool_impl.h \
	%D%/pool_layout.h \
	%D%/pool_log.c \
	%D%/pool_merge.c \
	%D%/pool_place.c \
	%D%/pool_realloc.c \
	%D%/pool_rebuild.c \
	%D%/pool_reset.c \
	%D%/pool_tree.c \
	%D%/pool_user.c \
	%D%/pool_walk.c \
	%D%/public.h \
	%D%/vmem.c \
	%D%/vmem.h \
	%D%/vmem_alloc.c \
	%D%/vmem_cache.c \
	%D%/vmem_cache_impl.h \
	%D%/vmem_check.c \
	%D%/vmem_fit.c \
	%D%/vmem_impl.h \
	%D%/vmem_seg.c \
	%D%/vmem_state.c \
	%D%/vmem_tree.c \
	%D%/watch.h

# Quickfit, for libpoolwatch.so only: it needs threads' keys and fork handlers.
noinst_LTLIBRARIES += libquick.la
libquick_la_CFLAGS = $(INSIDE_CFLAGS) -pthread
libquick_la_SOURCES = \
	%D%/qmalloc.c \
	%D%/qmalloc.h \
	%D%/qmalloc_align.c \
	%D%/qmalloc_cache.c \
	%D%/qmalloc_centre.c \
	%D%/qmalloc_fault.c \
	%D%/qmalloc_impl.h \
	%D%/qmalloc_region.c \
	%D%/qmalloc_resize.c \
	%D%/qmalloc_summary.c \
	%D%/qmalloc_tags.c

# Heaps in files: libpoolwatch.so and the outside, never the preload module.
noinst_LTLIBRARIES += libmmalloc.la
libmmalloc_la_CFLAGS = $(INSIDE_CFLAGS) -pthread
libmmalloc_la_SOURCES = \
	%D%/mmalloc.c \
	%D%/mmalloc.h \
	%D%/mmalloc_arena.c \
	%D%/mmalloc_attach.c \
	%D%/mmalloc_check.c \
	%D%/mmalloc_file.c \
	%D%/mmalloc_header.c \
	%D%/mmalloc_impl.h \
	%D%/mmalloc_inspect.c \
	%D%/mmalloc_inspect.h \
	%D%/mmalloc_layout.h \
	%D%/mmalloc_recover.c \
	%D%/mmalloc_region.c \
	%D%/mmalloc_repair.c \
	%D%/mmalloc_trace.c
