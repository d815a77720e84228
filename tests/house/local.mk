# House rules, as tests.  Each proves first, on a bad sample, that it can fail.
dist_check_SCRIPTS += \
	%D%/check-conformance \
	%D%/check-headers \
	%D%/check-layers \
	%D%/check-lists \
	%D%/check-man \
	%D%/check-man-examples \
	%D%/check-rules \
	%D%/check-symbols \
	%D%/conformance
TESTS += \
	%D%/check-conformance \
	%D%/check-headers \
	%D%/check-layers \
	%D%/check-lists \
	%D%/check-man \
	%D%/check-man-examples \
	%D%/check-rules \
	%D%/check-symbols
EXTRA_DIST += %D%/imports %D%/long-files

EXTRA_DIST += \
	tests/conformance.items \
	tests/conformance.md \
	tests/conformance.reasons

.PHONY: conformance
conformance:
	$(top_srcdir)/tests/house/conformance $(top_srcdir) \
		>$(top_srcdir)/tests/conformance.md
