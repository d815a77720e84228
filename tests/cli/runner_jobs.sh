#!/bin/sh
# runner_jobs.sh - on a terminal: stopped, continued and interrupted with the
# program, as a job of the shell.
#
# A shell with job control runs on a pseudo-terminal; python types.
#
# SPDX-License-Identifier: GPL-2.0-or-later
. "$top_srcdir/tests/libtest.sh"
need_ours poolwatch
need python3 bash
cd "$tmp" || exit 1

cat >type.py <<'END'
import os, pty, select, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.environ['PS1'] = 'ready> '
    os.execvp('bash', ['bash', '--norc', '--noediting', '-i'])
seen = ''
def until(words, patience=20, must=True):
    global seen
    end = time.time() + patience
    while words not in seen and time.time() < end:
        if select.select([fd], [], [], 0.05)[0]:
            try:
                seen += os.read(fd, 65536).decode(errors='replace')
            except OSError:
                break
    at = seen.find(words)
    if at < 0 and not must:
        return False
    if at < 0:
        print('FAILED: no "%s" in: %s' % (words, seen))
        sys.exit(1)
    seen = seen[at + len(words):]
    return True
def type(text):
    os.write(fd, text.encode())
w = sys.argv[1] + ' -o none '
until('ready> ')
# C-z stops all of the job but not the recorder; fg brings it back.
type(w + "sh -c 'echo begun; sleep 30'\n"); until('begun\r\n')
time.sleep(0.3)
type('\x1a'); until('Stopped'); until('ready> ')
type('ps -o stat=,comm= --ppid $(jobs -p) | sed "s/  *//g; s/^\(.\)[N<]/\\1/; s/^/is:/"\n')
until('is:Tsh'); until('ready> ')
type('ps -o stat=,comm= --ppid $(jobs -p) | sed "s/  *//g; s/^\(.\)[N<]/\\1/; s/^/is:/"\n')
until('is:Sspoolwatch-rec'); until('ready> ')
type('fg\n'); until('sleep 30')
# C-c ends it, and the shell sees a death by SIGINT.
time.sleep(0.2)
type('\x03'); until('ready> ')
type('echo stat""us $?\n'); until('status 130')
# A job in the background that reads is stopped, and reads after fg.
type(w + 'cat &\n'); until('mode check')
time.sleep(0.3)
type('jobs\n'); until('Stopped'); until('ready> ')
type('fg\n'); until('cat\r\n')
time.sleep(0.3)
type('over\n'); until('over\r\nover')
type('\x04'); until('verdict'); until('ready> ')
# Stopped before it has even begun (or the shell has: then once more).
type(w + 'sleep 30\n'); time.sleep(0.002)
for again in 1, 2, 3, 4, 5:
    type('\x1a')
    if until('Stopped', 2, again == 5): break
until('ready> ')
type('kill %%; fg\n'); until('ready> ')
# C-\ leaves as SIGQUIT does.
type(w + "sh -c 'echo begun; sleep 30'\n"); until('begun\r\n')
time.sleep(0.2)
type('\x1c'); until('ready> ')
type('echo stat""us $?\n'); until('status 131')
# Stopped by somebody else, continued through us.
type(w + 'sleep 30 &\n'); until('mode check')
time.sleep(0.3)
type('kill -STOP $(pgrep -x -P $! sleep); sleep 0.3; jobs\n'); until('Stopped')
type('kill -CONT $!; sleep 0.3; jobs; echo e""nd\n'); until('Running'); until('end')
type('kill $!; wait $!; echo stat""us $?\n'); until('status 143')
# The window's size arrives.
type(w + 'bash -c \'trap "echo wi""nch" WINCH; echo re""dy; for i in 1 2 3 4 5 6 7 8 9; do sleep 0.3; done\'\n')
until('redy')
import fcntl, termios, struct
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 100, 0, 0))
until('winch')
type('exit\n')
END
python3 type.py "$poolwatch" >out 2>&1 || { fail "on the terminal"; cat out; }
finish
