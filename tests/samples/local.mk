# The sample that quickstart shows, and the test that its report holds what it
# promises.
EXTRA_DIST += %D%/leaky.c
dist_check_SCRIPTS += %D%/check-leaky
TESTS += %D%/check-leaky
