# Unit tests: one program for each t_NAME.c, with cmocka.  A test is a row in
# UNIT_TESTS and the lines that say its sources and what it links:
#
#	UNIT_TESTS += %D%/t_pool
#	%C%_t_pool_SOURCES = %D%/t_pool.c
#	%C%_t_pool_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)
#
# Add it under the heading of its room, names sorted.
UNIT_TESTS =

# lib/base
UNIT_TESTS += %D%/t_base
%C%_t_base_SOURCES = %D%/t_base.c
%C%_t_base_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_base_LDADD = libbase.la $(CMOCKA_LIBS)

# lib/alloc
# mmalloc's tests share what makes and looks at heap files.
noinst_HEADERS += %D%/heap_fixture.h

UNIT_TESTS += %D%/t_mmalloc
%C%_t_mmalloc_SOURCES = %D%/t_mmalloc.c
%C%_t_mmalloc_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_mmalloc_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_mmalloc_LDADD = libmmalloc.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_mmalloc_attach
%C%_t_mmalloc_attach_SOURCES = %D%/t_mmalloc_attach.c
%C%_t_mmalloc_attach_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_mmalloc_attach_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_mmalloc_attach_LDADD = libmmalloc.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_mmalloc_check
%C%_t_mmalloc_check_SOURCES = %D%/t_mmalloc_check.c
%C%_t_mmalloc_check_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_mmalloc_check_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_mmalloc_check_LDADD = libmmalloc.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_mmalloc_damage
%C%_t_mmalloc_damage_SOURCES = %D%/t_mmalloc_damage.c
%C%_t_mmalloc_damage_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_mmalloc_damage_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_mmalloc_damage_LDADD = libmmalloc.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_mmalloc_kill
%C%_t_mmalloc_kill_SOURCES = %D%/t_mmalloc_kill.c \
	%D%/heap_writer.c \
	%D%/heap_writer.h
%C%_t_mmalloc_kill_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_mmalloc_kill_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_mmalloc_kill_LDADD = libmmalloc.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_mmalloc_limits
%C%_t_mmalloc_limits_SOURCES = %D%/t_mmalloc_limits.c
%C%_t_mmalloc_limits_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_mmalloc_limits_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_mmalloc_limits_LDADD = libmmalloc.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_mmalloc_place
%C%_t_mmalloc_place_SOURCES = %D%/t_mmalloc_place.c
%C%_t_mmalloc_place_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_mmalloc_place_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_mmalloc_place_LDADD = libmmalloc.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_mmalloc_share
%C%_t_mmalloc_share_SOURCES = %D%/t_mmalloc_share.c
%C%_t_mmalloc_share_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_mmalloc_share_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_mmalloc_share_LDADD = libmmalloc.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_mmalloc_step
%C%_t_mmalloc_step_SOURCES = %D%/t_mmalloc_step.c \
	%D%/heap_writer.c \
	%D%/heap_writer.h
%C%_t_mmalloc_step_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_mmalloc_step_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_mmalloc_step_LDADD = libmmalloc.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_pool
%C%_t_pool_SOURCES = %D%/t_pool.c
%C%_t_pool_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_pool_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_pmalloc
%C%_t_pmalloc_SOURCES = %D%/t_pmalloc.c %D%/pool_fixture.c %D%/pool_fixture.h
%C%_t_pmalloc_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_pmalloc_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_pmalloc_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_pool_align
%C%_t_pool_align_SOURCES = %D%/t_pool_align.c %D%/pool_fixture.c %D%/pool_fixture.h
%C%_t_pool_align_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_pool_align_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_pool_align_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_pool_calls
%C%_t_pool_calls_SOURCES = %D%/t_pool_calls.c %D%/pool_fixture.c %D%/pool_fixture.h
%C%_t_pool_calls_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_pool_calls_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_pool_calls_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_pool_compact
%C%_t_pool_compact_SOURCES = %D%/t_pool_compact.c %D%/pool_fixture.c %D%/pool_fixture.h
%C%_t_pool_compact_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_pool_compact_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_pool_compact_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_pool_damage
%C%_t_pool_damage_SOURCES = %D%/t_pool_damage.c %D%/pool_fixture.c %D%/pool_fixture.h
%C%_t_pool_damage_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_pool_damage_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_pool_damage_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_pool_fill
%C%_t_pool_fill_SOURCES = %D%/t_pool_fill.c %D%/pool_fixture.c %D%/pool_fixture.h
%C%_t_pool_fill_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_pool_fill_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_pool_fill_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_pool_fit
%C%_t_pool_fit_SOURCES = %D%/t_pool_fit.c %D%/pool_fixture.c %D%/pool_fixture.h
%C%_t_pool_fit_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_pool_fit_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_pool_fit_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_pool_limits
%C%_t_pool_limits_SOURCES = %D%/t_pool_limits.c %D%/pool_fixture.c %D%/pool_fixture.h
%C%_t_pool_limits_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_pool_limits_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_pool_limits_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_pool_log
%C%_t_pool_log_SOURCES = %D%/t_pool_log.c %D%/pool_fixture.c %D%/pool_fixture.h
%C%_t_pool_log_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_pool_log_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_pool_log_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_pool_merge
%C%_t_pool_merge_SOURCES = %D%/t_pool_merge.c %D%/pool_fixture.c %D%/pool_fixture.h
%C%_t_pool_merge_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_pool_merge_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_pool_merge_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_pool_create
%C%_t_pool_create_SOURCES = %D%/t_pool_create.c
%C%_t_pool_create_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_pool_create_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_pool_create_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

# Quickfit.  t_qmalloc_tags builds it with tags; m_qmalloc is a model test.
noinst_HEADERS += %D%/quick_child.h
check_PROGRAMS += %D%/m_qmalloc
TESTS += %D%/m_qmalloc
%C%_m_qmalloc_SOURCES = %D%/m_qmalloc.c
%C%_m_qmalloc_CFLAGS = $(AM_CFLAGS) -pthread
%C%_m_qmalloc_LDADD = libquick.la liballoc.la libbase.la

UNIT_TESTS += %D%/t_qmalloc
%C%_t_qmalloc_SOURCES = %D%/t_qmalloc.c
%C%_t_qmalloc_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_qmalloc_LDADD = libquick.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_qmalloc_faults
%C%_t_qmalloc_faults_SOURCES = %D%/t_qmalloc_faults.c
%C%_t_qmalloc_faults_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_qmalloc_faults_LDADD = libquick.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_qmalloc_paths
%C%_t_qmalloc_paths_SOURCES = %D%/t_qmalloc_paths.c
%C%_t_qmalloc_paths_CPPFLAGS = $(AM_CPPFLAGS) \
	-DTOP_SRCDIR='"$(abs_top_srcdir)"'
%C%_t_qmalloc_paths_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_qmalloc_paths_LDADD = libquick.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_qmalloc_routed
%C%_t_qmalloc_routed_SOURCES = %D%/t_qmalloc_routed.c
%C%_t_qmalloc_routed_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -fno-builtin -pthread
%C%_t_qmalloc_routed_LDADD = libquick.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_qmalloc_tags
%C%_t_qmalloc_tags_SOURCES = %D%/t_qmalloc_tags.c $(libquick_la_SOURCES)
%C%_t_qmalloc_tags_CPPFLAGS = $(AM_CPPFLAGS) -DQMALLOC_TAGS
%C%_t_qmalloc_tags_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_qmalloc_tags_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_qmalloc_threads
%C%_t_qmalloc_threads_SOURCES = %D%/t_qmalloc_threads.c
%C%_t_qmalloc_threads_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_qmalloc_threads_LDADD = libquick.la liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_vmem
%C%_t_vmem_SOURCES = %D%/t_vmem.c
%C%_t_vmem_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_vmem_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_vmem_alloc
%C%_t_vmem_alloc_SOURCES = %D%/t_vmem_alloc.c %D%/vmem_fixture.h
%C%_t_vmem_alloc_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_vmem_alloc_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_vmem_alloc_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_vmem_cache
%C%_t_vmem_cache_SOURCES = %D%/t_vmem_cache.c %D%/vmem_fixture.h
%C%_t_vmem_cache_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_vmem_cache_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_vmem_cache_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_vmem_constraints
%C%_t_vmem_constraints_SOURCES = %D%/t_vmem_constraints.c %D%/vmem_fixture.h
%C%_t_vmem_constraints_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_vmem_constraints_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_vmem_constraints_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_vmem_look
%C%_t_vmem_look_SOURCES = %D%/t_vmem_look.c %D%/vmem_fixture.h
%C%_t_vmem_look_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_vmem_look_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_vmem_look_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_vmem_spans
%C%_t_vmem_spans_SOURCES = %D%/t_vmem_spans.c %D%/vmem_fixture.h
%C%_t_vmem_spans_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_vmem_spans_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_vmem_spans_LDADD = liballoc.la libbase.la $(CMOCKA_LIBS)

# lib/trace
noinst_HEADERS += %D%/keyframe_fixture.h %D%/trace_fixture.h

UNIT_TESTS += %D%/t_stacks
%C%_t_stacks_SOURCES = %D%/t_stacks.c
%C%_t_stacks_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_stacks_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_stacks_LDADD = libtrace.la libtracein.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_trace
%C%_t_trace_SOURCES = %D%/t_trace.c
%C%_t_trace_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_trace_LDADD = libtrace.la libtracein.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_columns
%C%_t_columns_SOURCES = %D%/t_columns.c
%C%_t_columns_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_columns_LDADD = libtrace.la libtracein.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_trace_damage
%C%_t_trace_damage_SOURCES = %D%/t_trace_damage.c
%C%_t_trace_damage_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_trace_damage_LDADD = libtrace.la libtracein.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_trace_data
%C%_t_trace_data_SOURCES = %D%/t_trace_data.c
%C%_t_trace_data_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) \
	-DTOP_SRCDIR='"$(abs_top_srcdir)"'
%C%_t_trace_data_LDADD = libtrace.la libtracein.la $(CMOCKA_LIBS)
EXTRA_DIST += tests/data/v1/small.pwt tests/data/v1/small.txt \
	tests/data/v1/tree.pwt tests/data/v1/tree.json \
	tests/data/v1/damaged.pwt tests/data/v1/damaged.json \
	tests/data/v1/cut.pwt tests/data/v1/cut.json \
	tests/data/v2/small.pwt tests/data/v2/small.txt \
	tests/data/v3/small.pwt tests/data/v3/small.txt

UNIT_TESTS += %D%/t_trace_direct
%C%_t_trace_direct_SOURCES = %D%/t_trace_direct.c
%C%_t_trace_direct_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_trace_direct_LDADD = libtrace.la libtracein.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_trace_follow
%C%_t_trace_follow_SOURCES = %D%/t_trace_follow.c
%C%_t_trace_follow_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_trace_follow_LDADD = libtrace.la libtracein.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_trace_man
%C%_t_trace_man_SOURCES = %D%/t_trace_man.c
%C%_t_trace_man_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) \
	-DTOP_SRCDIR='"$(abs_top_srcdir)"'
%C%_t_trace_man_LDADD = $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_trace_order
%C%_t_trace_order_SOURCES = %D%/t_trace_order.c
%C%_t_trace_order_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_trace_order_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_trace_order_LDADD = libtrace.la libtracein.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_keyframe
%C%_t_keyframe_SOURCES = %D%/t_keyframe.c
%C%_t_keyframe_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_keyframe_LDADD = libheap.la libtrace.la libtracein.la libbase.la \
	libargs.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_keyframe_damage
%C%_t_keyframe_damage_SOURCES = %D%/t_keyframe_damage.c
%C%_t_keyframe_damage_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_keyframe_damage_LDADD = libheap.la libtrace.la libtracein.la \
	libbase.la libargs.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_file_thin
%C%_t_file_thin_SOURCES = %D%/t_file_thin.c
%C%_t_file_thin_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_file_thin_LDADD = libheap.la libtrace.la libtracein.la libbase.la \
	libargs.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_writer
%C%_t_writer_SOURCES = %D%/t_writer.c
%C%_t_writer_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_writer_LDADD = libtrace.la libtracein.la $(CMOCKA_LIBS)

# lib/unwind
UNIT_TESTS += %D%/t_unwind
%C%_t_unwind_SOURCES = %D%/t_unwind.c
%C%_t_unwind_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_unwind_LDADD = tests/unwind/liboracle.la \
	libpwunwind.la libbase.la $(CMOCKA_LIBS)

# The same as an executable that does not say where its .eh_frame is.
UNIT_TESTS += %D%/t_unwind_bare
%C%_t_unwind_bare_SOURCES = %D%/t_unwind.c
%C%_t_unwind_bare_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_unwind_bare_LDFLAGS = $(AM_LDFLAGS) -Wl,--no-eh-frame-hdr
%C%_t_unwind_bare_LDADD = tests/unwind/liboracle.la \
	libpwunwind.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_unwind_cut
%C%_t_unwind_cut_SOURCES = %D%/t_unwind_cut.c
%C%_t_unwind_cut_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_unwind_cut_LDADD = libpwunwind.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_unwind_deep
%C%_t_unwind_deep_SOURCES = %D%/t_unwind_deep.c
%C%_t_unwind_deep_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_unwind_deep_LDADD = libpwunwind.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_unwind_nest
%C%_t_unwind_nest_SOURCES = %D%/t_unwind_nest.c
%C%_t_unwind_nest_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_unwind_nest_LDADD = libpwunwind.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_unwind_objects
%C%_t_unwind_objects_SOURCES = %D%/t_unwind_objects.c
%C%_t_unwind_objects_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_unwind_objects_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_unwind_objects_LDADD = tests/unwind/liboracle.la \
	libpwunwind.la libbase.la $(CMOCKA_LIBS)
EXTRA_%C%_t_unwind_objects_DEPENDENCIES = tests/unwind/plugin_a.la \
	tests/unwind/plugin_b.la tests/unwind/plugin_bare.la \
	tests/unwind/plugin_lazy.la

UNIT_TESTS += %D%/t_unwind_rows
%C%_t_unwind_rows_SOURCES = %D%/t_unwind_rows.c
%C%_t_unwind_rows_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_unwind_rows_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_unwind_rows_LDADD = libpwunwind.la libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_unwind_stacks
%C%_t_unwind_stacks_SOURCES = %D%/t_unwind_stacks.c
%C%_t_unwind_stacks_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_unwind_stacks_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_unwind_stacks_LDADD = tests/unwind/liboracle.la \
	libpwunwind.la libbase.la $(CMOCKA_LIBS)

# lib/preload
UNIT_TESTS += %D%/t_backend_pool
%C%_t_backend_pool_SOURCES = %D%/t_backend_pool.c
%C%_t_backend_pool_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_backend_pool_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_backend_pool_LDADD = libbackend.la liballoc.la libbase.la $(CMOCKA_LIBS)
UNIT_TESTS += %D%/t_guards
%C%_t_guards_SOURCES = %D%/guards_fixture.h %D%/t_guards.c
%C%_t_guards_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_guards_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_guards_LDADD = libbackend.la liballoc.la libbase.la $(CMOCKA_LIBS)
UNIT_TESTS += %D%/t_guards_room
%C%_t_guards_room_SOURCES = %D%/guards_fixture.h %D%/t_guards_room.c
%C%_t_guards_room_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) -pthread
%C%_t_guards_room_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_t_guards_room_LDADD = libbackend.la liballoc.la libbase.la $(CMOCKA_LIBS)
UNIT_TESTS += %D%/t_preload
%C%_t_preload_SOURCES = \
	%D%/t_preload.c \
	lib/preload/bootstrap.c \
	lib/preload/environ.c \
	lib/preload/glob.c
%C%_t_preload_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_preload_LDADD = libbase.la $(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_sample
%C%_t_sample_SOURCES = \
	%D%/t_sample.c \
	lib/preload/sample.c \
	lib/preload/sampled.c
%C%_t_sample_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_sample_CFLAGS = $(AM_CFLAGS) -pthread
%C%_t_sample_LDADD = libbase.la $(CMOCKA_LIBS) -lm

# lib/symbol
UNIT_TESTS += %D%/t_symbol
%C%_t_symbol_SOURCES = %D%/t_symbol.c
%C%_t_symbol_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(ELF_CFLAGS)
%C%_t_symbol_LDADD = libsymbol.la libbase.la $(ELF_LIBS) $(CMOCKA_LIBS)

# lib/heap.  fake_trace answers what a reader and a symbolizer are asked.
UNIT_TESTS += %D%/t_heap
%C%_t_heap_SOURCES = %D%/fake_trace.c %D%/fake_trace.h %D%/t_heap.c
%C%_t_heap_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_heap_LDADD = libheap.la libtrace.la libbase.la libargs.la \
	$(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_heap_find
%C%_t_heap_find_SOURCES = %D%/fake_trace.c %D%/fake_trace.h %D%/t_heap_find.c
%C%_t_heap_find_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_heap_find_LDADD = libheap.la libtrace.la libbase.la libargs.la \
	$(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_heap_mappings
%C%_t_heap_mappings_SOURCES = %D%/fake_trace.c %D%/fake_trace.h \
	%D%/mappings_fixture.h \
	%D%/t_heap_mappings.c
%C%_t_heap_mappings_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_heap_mappings_LDADD = libheap.la libtrace.la libbase.la libargs.la \
	$(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_heap_pages
%C%_t_heap_pages_SOURCES = %D%/fake_trace.c %D%/fake_trace.h \
	%D%/mappings_fixture.h \
	%D%/t_heap_pages.c
%C%_t_heap_pages_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_heap_pages_LDADD = libheap.la libtrace.la libbase.la libargs.la \
	$(CMOCKA_LIBS)

UNIT_TESTS += %D%/t_heap_sample
%C%_t_heap_sample_SOURCES = %D%/fake_trace.c %D%/fake_trace.h \
	%D%/t_heap_sample.c \
	lib/preload/sample.c
%C%_t_heap_sample_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_heap_sample_LDADD = libheap.la libtrace.la libbase.la libargs.la \
	$(CMOCKA_LIBS) -lm

# lib/analysis
UNIT_TESTS += %D%/t_suppress
%C%_t_suppress_SOURCES = %D%/t_suppress.c
%C%_t_suppress_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_suppress_LDADD = libanalysis.la libheap.la libsymbol.la libtrace.la \
	libbase.la libargs.la $(CMOCKA_LIBS)

# lib/report
UNIT_TESTS += %D%/t_explain
%C%_t_explain_SOURCES = %D%/fake_trace.c %D%/fake_trace.h %D%/t_explain.c
%C%_t_explain_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JSON_CFLAGS)
%C%_t_explain_LDADD = libreport.la libanalysis.la libheap.la libtrace.la \
	libbase.la libargs.la $(JSON_LIBS) $(CMOCKA_LIBS) -lm

UNIT_TESTS += %D%/t_report
%C%_t_report_SOURCES = %D%/fake_trace.c %D%/fake_trace.h %D%/t_report.c
%C%_t_report_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS) $(JSON_CFLAGS)
%C%_t_report_LDADD = libreport.la libanalysis.la libheap.la libtrace.la \
	libbase.la libargs.la $(JSON_LIBS) $(CMOCKA_LIBS)

# cli
UNIT_TESTS += %D%/t_cli
%C%_t_cli_SOURCES = \
	%D%/t_cli.c \
	cli/name.c \
	cli/name.h \
	cli/words.c \
	cli/words.h
%C%_t_cli_CFLAGS = $(AM_CFLAGS) $(CMOCKA_CFLAGS)
%C%_t_cli_LDADD = libargs.la libbase.la $(CMOCKA_LIBS)

# viewer
UNIT_TESTS += %D%/t_viewer
%C%_t_viewer_SOURCES = %D%/t_viewer.c viewer/grid.c viewer/key.c viewer/text.c
%C%_t_viewer_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_t_viewer_LDADD = libescape.la $(CMOCKA_LIBS)

# The models are programs of their own; without a number of threads they are
# exact.
check_PROGRAMS += %D%/m_pool
TESTS += %D%/m_pool
%C%_m_pool_SOURCES = %D%/m_pool.c
%C%_m_pool_CFLAGS = $(AM_CFLAGS) -pthread
%C%_m_pool_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_m_pool_LDADD = liballoc.la libbase.la

check_PROGRAMS += %D%/m_mmalloc
TESTS += %D%/m_mmalloc
%C%_m_mmalloc_SOURCES = %D%/m_mmalloc.c
%C%_m_mmalloc_CFLAGS = $(AM_CFLAGS) -pthread
%C%_m_mmalloc_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_m_mmalloc_LDADD = libmmalloc.la liballoc.la libbase.la

noinst_HEADERS += %D%/m_vmem.h
check_PROGRAMS += %D%/m_vmem
TESTS += %D%/m_vmem
%C%_m_vmem_SOURCES = %D%/m_vmem.c %D%/m_vmem_threads.c
%C%_m_vmem_CFLAGS = $(AM_CFLAGS) -pthread
%C%_m_vmem_LDFLAGS = $(AM_LDFLAGS) -pthread
%C%_m_vmem_LDADD = liballoc.la libbase.la

# (end of rooms)
if HAVE_CMOCKA
check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)
endif
