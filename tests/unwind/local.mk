# libunwind as the other opinion, opened by the tests at run time.
check_LTLIBRARIES += %D%/liboracle.la
%C%_liboracle_la_SOURCES = %D%/oracle.c %D%/oracle.h
%C%_liboracle_la_CPPFLAGS = $(AM_CPPFLAGS) $(UNWIND_CFLAGS)

# Objects that tests of the row walker load and unload (t_unwind_objects).
# A module needs an -rpath to be built as one; it is never installed.
if HAVE_CMOCKA
check_LTLIBRARIES += %D%/plugin_a.la %D%/plugin_b.la %D%/plugin_bare.la \
	%D%/plugin_lazy.la
%C%_plugin_a_la_SOURCES = %D%/plugin.c
%C%_plugin_a_la_CFLAGS = $(AM_CFLAGS) -O2 -fomit-frame-pointer
%C%_plugin_a_la_CPPFLAGS = $(AM_CPPFLAGS) -DPLUGIN_PAD=40
%C%_plugin_a_la_LDFLAGS = -module -avoid-version -rpath /nowhere
%C%_plugin_b_la_SOURCES = %D%/plugin.c
%C%_plugin_b_la_CFLAGS = $(AM_CFLAGS) -O2 -fomit-frame-pointer
%C%_plugin_b_la_CPPFLAGS = $(AM_CPPFLAGS) -DPLUGIN_PAD=72
%C%_plugin_b_la_LDFLAGS = -module -avoid-version -rpath /nowhere
%C%_plugin_bare_la_SOURCES = %D%/plugin.c
%C%_plugin_bare_la_CFLAGS = $(AM_CFLAGS) -O2 -fomit-frame-pointer
%C%_plugin_bare_la_CPPFLAGS = $(AM_CPPFLAGS) -DPLUGIN_PAD=72
%C%_plugin_bare_la_LDFLAGS = -module -avoid-version -rpath /nowhere \
	-Wl,--no-eh-frame-hdr
%C%_plugin_lazy_la_SOURCES = %D%/plugin_lazy.c
%C%_plugin_lazy_la_CFLAGS = $(AM_CFLAGS) -O2
%C%_plugin_lazy_la_LDFLAGS = -module -avoid-version -rpath /nowhere \
	-Wl,-z,lazy
endif

# Real programs with a capture at every malloc, compared with other unwinders.
check_LTLIBRARIES += %D%/everywhere.la
%C%_everywhere_la_SOURCES = %D%/everywhere.c
%C%_everywhere_la_CFLAGS = $(INSIDE_CFLAGS)
%C%_everywhere_la_LDFLAGS = -module -avoid-version -rpath /nowhere
%C%_everywhere_la_LIBADD = libpwunwind.la libbase.la \
	%D%/liboracle.la
EXTRA_DIST += %D%/differences %D%/odd.cc
dist_check_SCRIPTS += %D%/check-everywhere
TESTS += %D%/check-everywhere
