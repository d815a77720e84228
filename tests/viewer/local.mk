# Tests of poolview, by script.
