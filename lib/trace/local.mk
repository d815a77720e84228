# Floor 2: the format and its two ends.
noinst_HEADERS += \
	%D%/coding.h \
	%D%/format.h \
	%D%/format_calls.h \
	%D%/format_file.h \
	%D%/session.h \
	%D%/skip.h \
	%D%/varint.h

# Inside: events and stacks into the session file.  Uses lib/base only.
noinst_LTLIBRARIES += libtracein.la
libtracein_la_CFLAGS = $(INSIDE_CFLAGS) $(STACK_CFLAGS)
libtracein_la_SOURCES = \
	%D%/direct.c \
	%D%/direct.h \
	%D%/session_in.c \
	%D%/stacks.c \
	%D%/stacks.h \
	%D%/ticks.c \
	%D%/ticks.h \
	%D%/writer.c \
	%D%/writer.h \
	%D%/writer_impl.h \
	%D%/writer_map.c \
	%D%/writer_meta.c

# Outside: the recorder's file and everybody's reader.  Uses lib/base, zstd.
noinst_LTLIBRARIES += libtrace.la
libtrace_la_CFLAGS = $(AM_CFLAGS) $(ZSTD_CFLAGS)
libtrace_la_LIBADD = libbase.la $(ZSTD_LIBS)
libtrace_la_SOURCES = \
	%D%/bytes.c \
	%D%/bytes.h \
	%D%/check.c \
	%D%/check.h \
	%D%/columns.c \
	%D%/columns.h \
	%D%/file.c \
	%D%/file.h \
	%D%/file_block.c \
	%D%/file_impl.h \
	%D%/file_index.c \
	%D%/file_own.c \
	%D%/file_ring.c \
	%D%/file_table.c \
	%D%/file_thin.c \
	%D%/file_thin.h \
	%D%/keyframe.h \
	%D%/names.c \
	%D%/reader.c \
	%D%/reader.h \
	%D%/reader_block.c \
	%D%/reader_decode.c \
	%D%/reader_direct.c \
	%D%/reader_direct.h \
	%D%/reader_direct_open.c \
	%D%/reader_fill.c \
	%D%/reader_impl.h \
	%D%/reader_index.c \
	%D%/reader_key.c \
	%D%/reader_missing.c \
	%D%/reader_module.c \
	%D%/reader_proc.c \
	%D%/reader_ring.c \
	%D%/reader_seek.c \
	%D%/reader_session.c \
	%D%/reader_source.c \
	%D%/reader_table.c \
	%D%/text.c \
	%D%/text.h \
	%D%/ticks.c \
	%D%/ticks.h
