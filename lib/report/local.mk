# Floor 5: what a report says (report.c) and its formats, one file each and a
# row in formats.c.  Outside.  libescape is for whoever prints what a trace
# or a program said.
noinst_LTLIBRARIES += libreport.la libescape.la
libescape_la_SOURCES = \
	%D%/escape.c \
	%D%/escape.h
libreport_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
libreport_la_LIBADD = libescape.la libanalysis.la libheap.la $(JSON_LIBS)
libreport_la_SOURCES = \
	%D%/explain.c \
	%D%/explain.h \
	%D%/explain_impl.h \
	%D%/explain_looks.c \
	%D%/explain_print.c \
	%D%/formats.c \
	%D%/json.c \
	%D%/json_error.c \
	%D%/json_impl.h \
	%D%/json_process.c \
	%D%/report.c \
	%D%/report.h \
	%D%/report_impl.h \
	%D%/sentences.c \
	%D%/suppressed.c \
	%D%/text.c \
	%D%/text_bytes.c \
	%D%/text_crash.c \
	%D%/text_error.c \
	%D%/text_impl.h \
	%D%/text_stack.c \
	%D%/text_summary.c \
	%D%/text_unused.c \
	%D%/words.c \
	%D%/words.h \
	%D%/written.c \
	%D%/written.h

# A heap in a file: libstored, for poolleak alone.
noinst_LTLIBRARIES += libstored.la
libstored_la_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
libstored_la_LIBADD = libheapfile.la $(JSON_LIBS)
libstored_la_SOURCES = \
	%D%/stored.c \
	%D%/stored.h \
	%D%/stored_json.c \
	%D%/stored_text.c
