# Tests of poolwatch and poolleak as commands.
