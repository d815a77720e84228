# Roof: what LD_PRELOAD loads; needs libc alone.  Exports are one table.
pkglib_LTLIBRARIES += libpoolwatch-preload.la
libpoolwatch_preload_la_CFLAGS = $(INSIDE_CFLAGS) $(STACK_CFLAGS)
# What the module itself calls of the functions that it exports: calls_own.c.
CALLS_OWN = bcmp memchr memcmp memcpy memmove memset strchr strcmp strcspn \
	strlen strncmp strnlen strrchr strspn strstr
libpoolwatch_preload_la_LDFLAGS = -module -avoid-version -shared \
	-Wl,--version-script=%D%/preload.map -Wl,-z,defs -Wl,-z,now \
	$(CALLS_OWN:%=-Wl,--wrap=%)
libpoolwatch_preload_la_LIBADD = \
	libcalls.la \
	libbackend.la \
	libpwunwind.la \
	libtracein.la \
	liballoc.la \
	libbase.la
libpoolwatch_preload_la_DEPENDENCIES = \
	$(libpoolwatch_preload_la_LIBADD) %D%/preload.map
libpoolwatch_preload_la_SOURCES = \
	%D%/body.c \
	%D%/body.h \
	%D%/body_impl.h \
	%D%/body_pass.h \
	%D%/body_sample.c \
	%D%/bootstrap.c \
	%D%/bootstrap.h \
	%D%/byhand.c \
	%D%/byhand.h \
	%D%/byhand_file.c \
	%D%/byhand_options.c \
	%D%/byhand_say.c \
	%D%/child.c \
	%D%/child.h \
	%D%/child_elf.c \
	%D%/crash.c \
	%D%/crash.h \
	%D%/door.c \
	%D%/door.h \
	%D%/environ.c \
	%D%/environ.h \
	%D%/exec.c \
	%D%/exec.h \
	%D%/exits.c \
	%D%/exits.h \
	%D%/figures.c \
	%D%/finding.c \
	%D%/finding.h \
	%D%/glob.c \
	%D%/interpose.c \
	%D%/interpose.h \
	%D%/maps.c \
	%D%/operators.c \
	%D%/preload_impl.h \
	%D%/process.c \
	%D%/real.c \
	%D%/real.h \
	%D%/sample.c \
	%D%/sample.h \
	%D%/sampled.c \
	%D%/sampled.h \
	%D%/shell.c \
	%D%/signals.c \
	%D%/sites.c \
	%D%/sites.h \
	%D%/start.c \
	%D%/sweep.c \
	%D%/sweep.h \
	%D%/thread.c \
	%D%/thread.h

EXTRA_DIST += %D%/exports
CLEANFILES += %D%/preload.map
%D%/preload.map: %D%/exports
	$(AM_V_GEN)$(MKDIR_P) %D% && { echo '{ global:'; \
	sed -e '/^#/d' -e '/^$$/d' -e 's/[ 	].*/;/' $(srcdir)/%D%/exports; \
	echo 'local: *; };'; } > $@

noinst_HEADERS += %D%/backend.h %D%/backend_held.h

# Checked calls of libc, by their own names: no builtins.
noinst_LTLIBRARIES += libcalls.la
libcalls_la_CFLAGS = $(INSIDE_CFLAGS) $(STACK_CFLAGS) -fno-builtin \
	-U_FORTIFY_SOURCE
libcalls_la_SOURCES = \
	%D%/calls.c \
	%D%/calls.h \
	%D%/calls_chk.h \
	%D%/calls_io.c \
	%D%/calls_memory.c \
	%D%/calls_own.c \
	%D%/calls_plain.c \
	%D%/calls_plain.h \
	%D%/calls_print.c \
	%D%/calls_stdio.c \
	%D%/calls_string.c \
	%D%/calls_text.h \
	%D%/calls_wide.c

# The backends: who serves the memory.  Needs liballoc, libbase and libc.
noinst_LTLIBRARIES += libbackend.la
libbackend_la_CFLAGS = $(INSIDE_CFLAGS) $(STACK_CFLAGS)
libbackend_la_SOURCES = \
	%D%/backend_next.c \
	%D%/backend_next.h \
	%D%/backend_pool.c \
	%D%/backend_pool_big.c \
	%D%/backend_pool_cache.c \
	%D%/backend_pool_check.c \
	%D%/backend_pool_fault.c \
	%D%/backend_pool_figures.c \
	%D%/backend_pool_find.c \
	%D%/backend_pool_find.h \
	%D%/backend_pool_guard.c \
	%D%/backend_pool_header.h \
	%D%/backend_pool_held.c \
	%D%/backend_pool_impl.h \
	%D%/backend_pool_pages.c \
	%D%/backend_pool_pages.h \
	%D%/backend_pool_pages_room.c \
	%D%/backend_pool_pages_start.c \
	%D%/backend_pool_pages_verdict.c \
	%D%/backend_pool_quarantine.c \
	%D%/backend_pool_told.h \
	%D%/backend_pool_unused.c \
	%D%/backend_pool_verdict.c \
	%D%/backend_pool_zone.c
