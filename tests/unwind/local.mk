# Tests of the row walker against other unwinders.
