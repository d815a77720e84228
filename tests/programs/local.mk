# Real programs, with and without poolwatch.
