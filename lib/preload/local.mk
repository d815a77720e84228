# Roof: what LD_PRELOAD loads; needs libc alone.
noinst_HEADERS += %D%/backend.h

# The backends: who serves the memory.  Needs liballoc, libbase and libc.
noinst_LTLIBRARIES += libbackend.la
libbackend_la_CFLAGS = $(INSIDE_CFLAGS) -Wstack-usage=512
libbackend_la_SOURCES = \
	%D%/backend_next.c \
	%D%/backend_next.h \
	%D%/backend_pool.c \
	%D%/backend_pool_big.c \
	%D%/backend_pool_cache.c \
	%D%/backend_pool_guard.c \
	%D%/backend_pool_impl.h \
	%D%/backend_pool_verdict.c \
	%D%/backend_pool_zone.c
