# What takes minutes or is a measurement; "make campaign", not of make check.
dist_check_SCRIPTS += \
	%D%/kills \
	%D%/run \
	%D%/same
EXTRA_DIST += \
	%D%/found.c \
	%D%/lives.c \
	%D%/only.c

.PHONY: campaign
campaign: all
	@$(AM_TESTS_ENVIRONMENT) $(SHELL) $(top_srcdir)/tests/campaign/run $(CAMPAIGN)
