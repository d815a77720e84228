#!/usr/bin/python3
# cost.py - run a command; write "cpu wall rss" of it and all it leaves behind.
#
#	cost.py FILE COMMAND ARG...
#
# This process becomes the reaper of orphans, so that a recorder which outlives
# the command is waited for and its CPU counted; wall time ends with the
# command.  Seconds, seconds, and KB of the largest process.
#
# SPDX-License-Identifier: GPL-2.0-or-later
import ctypes, os, resource, subprocess, sys, time

PR_SET_CHILD_SUBREAPER = 36
ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
begun = time.monotonic()
status = subprocess.call(sys.argv[2:])
wall = time.monotonic() - begun
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w") as f:
    print(used.ru_utime + used.ru_stime, wall, used.ru_maxrss, file=f)
sys.exit(status if status >= 0 else 128 - status)
