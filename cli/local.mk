# The programs.  libargs is what all three share: the option table, and what
# happens when a check of our own fails (so it comes last in LDADD).
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
	%D%/poolleak_source.c \
	%D%/poolleak_stored.c \
	%D%/rerun.c \
	%D%/rerun.h
poolleak_LDADD = libstored.la libheapfile.la libreport.la libanalysis.la libheap.la \
	libsymbol.la libtrace.la libbase.la libargs.la

# The runner: front and recorder.
bin_PROGRAMS += poolwatch
poolwatch_CPPFLAGS = $(AM_CPPFLAGS) \
	-DPW_BINDIR='"$(bindir)"' -DPW_PKGLIBDIR='"$(pkglibdir)"'
poolwatch_CFLAGS = $(AM_CFLAGS) $(ELF_CFLAGS)
poolwatch_LDADD = libreport.la libanalysis.la libheap.la libsymbol.la \
	libtrace.la libtracein.la libbase.la libargs.la $(ELF_LIBS)
poolwatch_SOURCES = \
	%D%/doctor.c \
	%D%/front.c \
	%D%/front.h \
	%D%/front_child.c \
	%D%/front_follow.c \
	%D%/front_functions.c \
	%D%/front_guard.c \
	%D%/front_guard.h \
	%D%/front_module.c \
	%D%/front_output.c \
	%D%/front_say.c \
	%D%/front_session.c \
	%D%/front_signals.c \
	%D%/name.c \
	%D%/name.h \
	%D%/poolwatch.c \
	%D%/poolwatch.h \
	%D%/poolwatch_guard.c \
	%D%/poolwatch_memcheck.c \
	%D%/poolwatch_options.c \
	%D%/record.c \
	%D%/record.h \
	%D%/record_grow.c \
	%D%/record_impl.h \
	%D%/record_index.c \
	%D%/record_kin.c \
	%D%/record_tell.c \
	%D%/record_watch.c \
	%D%/refuse.c \
	%D%/refuse.h \
	%D%/refuse_elf.c \
	%D%/refuse_privilege.c \
	%D%/rerun.c \
	%D%/rerun.h \
	%D%/tell.c \
	%D%/words.c \
	%D%/words.h

# Shell completion, from the programs' own tables.
bashcompletiondir = $(datadir)/bash-completion/completions
nodist_bashcompletion_DATA = \
	completions/poolleak \
	completions/poolview \
	completions/poolwatch
EXTRA_DIST += %D%/completion
CLEANFILES += completions/poolleak completions/poolview completions/poolwatch
MAKE_COMPLETION = $(AM_V_GEN)$(MKDIR_P) completions && \
	./$(@F)$(EXEEXT) --dump-options | \
	$(SHELL) $(srcdir)/%D%/completion $(@F) >$@.tmp && mv -f $@.tmp $@
completions/poolleak: poolleak$(EXEEXT) %D%/completion
	$(MAKE_COMPLETION)
completions/poolwatch: poolwatch$(EXEEXT) %D%/completion
	$(MAKE_COMPLETION)
completions/poolview: poolview$(EXEEXT) %D%/completion
	$(MAKE_COMPLETION)
