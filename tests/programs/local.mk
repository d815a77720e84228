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
	%D%/common.sh
dist_check_SCRIPTS += %D%/run tests/report-valid
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
