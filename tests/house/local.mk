# House rules, as tests.
