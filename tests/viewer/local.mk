# Tests of poolview, by script; its screens are the *.screen files here.
check_PROGRAMS += %D%/make_trace
%C%_make_trace_SOURCES = %D%/make_trace.c
%C%_make_trace_LDADD = libtrace.la libtracein.la

VIEWER_CHECKS = \
	%D%/check-follow \
	%D%/check-input \
	%D%/check-keys \
	%D%/check-screens \
	%D%/check-terminal
dist_check_SCRIPTS += $(VIEWER_CHECKS)
TESTS += $(VIEWER_CHECKS)
EXTRA_DIST += \
	%D%/blocks-back.screen \
	%D%/blocks-first.screen \
	%D%/blocks-last.screen \
	%D%/blocks-middle.screen \
	%D%/blocks-one.screen \
	%D%/blocks.script \
	%D%/errors-by-count.screen \
	%D%/errors-first.screen \
	%D%/errors.script \
	%D%/filter-none.screen \
	%D%/filter-one.screen \
	%D%/help-back.screen \
	%D%/help-first.screen \
	%D%/help-second.screen \
	%D%/help.script \
	%D%/prompt.screen \
	%D%/refused.screen \
	%D%/search-again.screen \
	%D%/search-capitals-matter.screen \
	%D%/search-found.screen \
	%D%/search-refused.screen \
	%D%/search-up.screen \
	%D%/search.script \
	%D%/sites-by-name-inverted.screen \
	%D%/sites-by-name.screen \
	%D%/sites-first.screen \
	%D%/sites-moved.screen \
	%D%/sites-small.screen \
	%D%/sites-wide.screen \
	%D%/sites.script
