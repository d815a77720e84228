# The programs.  libargs is the option table of all three.
noinst_LTLIBRARIES += libargs.la
libargs_la_SOURCES = \
	%D%/args.c \
	%D%/args.h \
	%D%/args_help.c \
	%D%/args_impl.h
libargs_la_LIBADD = libescape.la
