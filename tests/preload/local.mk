# Tests of the module inside real little programs.
