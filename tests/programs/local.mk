# Real programs, bare and watched, in both modes.  A row here is NAME.sh
# beside this file; the test of a mode is a name only, made when it is run.
PROGRAM_NAMES = \
	%D%/bash \
	%D%/g++ \
	%D%/git \
	%D%/jq \
	%D%/lua5.4 \
	%D%/perl \
	%D%/python3 \
	%D%/redis \
	%D%/sqlite3 \
	%D%/tar-xz \
	%D%/vim
PROGRAM_TESTS = \
	$(PROGRAM_NAMES:=-check.program) \
	$(PROGRAM_NAMES:=-profile.program)
TESTS += $(PROGRAM_TESTS)
EXTRA_DIST += \
	$(PROGRAM_NAMES:=.sh) \
	%D%/common.sh \
	%D%/stacks.c
dist_check_SCRIPTS += \
	%D%/check-byhand-killed \
	%D%/check-byhand-programs \
	%D%/check-killed \
	%D%/check-stacks \
	%D%/run \
	tests/report-valid
TESTS += \
	%D%/check-byhand-killed \
	%D%/check-byhand-programs \
	%D%/check-killed \
	%D%/check-stacks
CLEANFILES += $(PROGRAM_TESTS)
$(PROGRAM_TESTS):
	@$(MKDIR_P) $(@D)
	@echo "$(@F): run says what this is" >$@
PROGRAM_LOG_COMPILER = $(LOG_COMPILER) $(top_srcdir)/tests/programs/run

# The independent counter; test code, but it runs inside programs.
check_LTLIBRARIES += %D%/counter.la
%C%_counter_la_SOURCES = %D%/counter.c
%C%_counter_la_CFLAGS = $(INSIDE_CFLAGS) -fno-builtin -Wno-missing-prototypes
%C%_counter_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere

# And of its mappings.
check_LTLIBRARIES += %D%/mapcounter.la
%C%_mapcounter_la_SOURCES = %D%/mapcounter.c
%C%_mapcounter_la_CFLAGS = $(INSIDE_CFLAGS) -fno-builtin -Wno-missing-prototypes
%C%_mapcounter_la_LDFLAGS = -module -avoid-version -shared -rpath /nowhere

# What check-killed and its brother kill; nothing in it but malloc.
check_PROGRAMS += %D%/killed
%C%_killed_SOURCES = %D%/killed.c
%C%_killed_CFLAGS = -std=gnu11 $(WARN_CFLAGS)
%C%_killed_LDADD = -lpthread
