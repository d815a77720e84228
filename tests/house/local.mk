# House rules, as tests.  Each proves first, on a bad sample, that it can fail.
dist_check_SCRIPTS += \
	%D%/check-headers \
	%D%/check-layers \
	%D%/check-lists
TESTS += \
	%D%/check-headers \
	%D%/check-layers \
	%D%/check-lists
EXTRA_DIST += %D%/long-files
