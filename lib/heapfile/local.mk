# Floor 3: a heap that mmalloc left in a file, looked at from outside: blocks,
# damage, what the keys reach.  Uses lib/base and the layouts of lib/alloc.
noinst_LTLIBRARIES += libheapfile.la
libheapfile_la_LIBADD = libmmalloc.la liballoc.la libbase.la
libheapfile_la_SOURCES = \
	%D%/heapfile.c \
	%D%/heapfile.h \
	%D%/heapfile_impl.h \
	%D%/heapfile_mark.c
