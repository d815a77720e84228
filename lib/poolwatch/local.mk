# The allocators as a library for programs, libpoolwatch.so: liballoc and what
# stands on it.  Needs libc alone; exports what the installed headers declare
# with PW_SYMBOL, and nothing else.
POOLWATCH_API = \
	lib/alloc/mmalloc.h \
	lib/alloc/pmalloc.h \
	lib/alloc/pool.h \
	lib/alloc/qmalloc.h \
	lib/alloc/vmem.h \
	lib/alloc/watch.h
pkginclude_HEADERS = lib/alloc/public.h $(POOLWATCH_API)

# Interface current:revision:age, libtool's three numbers.  Never unloaded:
# quickfit is called when a thread ends.
lib_LTLIBRARIES += libpoolwatch.la
libpoolwatch_la_CFLAGS = $(INSIDE_CFLAGS)
libpoolwatch_la_SOURCES = %D%/failed.c
libpoolwatch_la_LDFLAGS = -version-info 1:0:0 \
	-Wl,--version-script=%D%/poolwatch.map -Wl,-z,defs -Wl,-z,now \
	-Wl,-z,nodelete
libpoolwatch_la_LIBADD = \
	libmmalloc.la \
	libquick.la \
	liballoc.la \
	libbase.la
libpoolwatch_la_DEPENDENCIES = \
	$(libpoolwatch_la_LIBADD) %D%/poolwatch.map

CLEANFILES += %D%/poolwatch.map
%D%/poolwatch.map: $(POOLWATCH_API) lib/poolwatch/local.mk
	$(AM_V_GEN)$(MKDIR_P) %D% && { echo 'POOLWATCH_1 { global:'; \
	cat $(POOLWATCH_API:%=$(srcdir)/%) | \
	grep -o 'PW_SYMBOL([a-z_0-9]*)' | sort -u | \
	sed 's/PW_SYMBOL(\(.*\))/	pw_\1;/'; \
	echo 'local: *; };'; } > $@

pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = %D%/poolwatch.pc
