# Ground: what both sides of the wall may use.  No malloc, stdio or locale.
noinst_LTLIBRARIES += libbase.la
libbase_la_CFLAGS = $(INSIDE_CFLAGS)
libbase_la_SOURCES = \
	%D%/bits.h \
	%D%/check.h \
	%D%/compiler.h \
	%D%/list.h \
	%D%/lock.c \
	%D%/lock.h \
	%D%/os.c \
	%D%/os.h \
	%D%/pattern.c \
	%D%/pattern.h \
	%D%/say.c \
	%D%/say.h \
	%D%/words.c \
	%D%/words.h
