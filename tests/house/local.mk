# House rules, as tests.  Each proves first, on a bad sample, that it can fail.
dist_check_SCRIPTS += \
	%D%/check-headers \
	%D%/check-layers \
	%D%/check-lists \
	%D%/check-man \
	%D%/check-rules \
	%D%/check-symbols
TESTS += \
	%D%/check-headers \
	%D%/check-layers \
	%D%/check-lists \
	%D%/check-man \
	%D%/check-rules \
	%D%/check-symbols
EXTRA_DIST += %D%/imports %D%/long-files
