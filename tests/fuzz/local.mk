# Fuzzers: an entry for libFuzzer or AFL++, and a driver that bends inputs of
# its own for a second under make check.
check_PROGRAMS += %D%/f_reader
TESTS += %D%/f_reader
%C%_f_reader_SOURCES = %D%/f_reader.c
%C%_f_reader_CPPFLAGS = $(AM_CPPFLAGS) $(ZSTD_CFLAGS)
%C%_f_reader_LDADD = libheap.la libtrace.la libtracein.la libbase.la \
	libargs.la

check_PROGRAMS += %D%/f_suppress
TESTS += %D%/f_suppress
%C%_f_suppress_SOURCES = %D%/f_suppress.c
%C%_f_suppress_LDADD = libanalysis.la libheap.la libsymbol.la libtrace.la \
	libbase.la libargs.la
