# The programs.  libargs is the option table of all three.
noinst_LTLIBRARIES += libargs.la
libargs_la_SOURCES = \
	%D%/args.c \
	%D%/args.h \
	%D%/args_help.c \
	%D%/args_impl.h \
	%D%/failed.c
libargs_la_LIBADD = libescape.la

# What was recorded, as a report.
bin_PROGRAMS += poolleak
poolleak_SOURCES = \
	%D%/poolleak.c \
	%D%/poolleak.h \
	%D%/poolleak_dump.c \
	%D%/poolleak_options.c \
	%D%/poolleak_source.c
poolleak_LDADD = libreport.la libanalysis.la libheap.la \
	libsymbol.la libtrace.la libbase.la libargs.la
