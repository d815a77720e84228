# Measurements; not part of make check.
