# measure.py - run commands in turn, with all they leave behind.
#
# Each round runs every command once, so that a machine that slows down slows
# all of them, and of each the least counts, since what else runs can only add.
#
# SPDX-License-Identifier: GPL-2.0-or-later
import ctypes, math, os, resource, shutil, subprocess, tempfile, time

PR_SET_CHILD_SUBREAPER = 36


class Run:
    """CPU of the whole tree and wall seconds of a command, and its output."""

    def __init__(self, command, env=None, cwd=None):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        begun = time.monotonic()
        done = subprocess.run(command, env=env, cwd=cwd, text=True,
                              stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              stdout=subprocess.PIPE)
        self.wall = time.monotonic() - begun
        while True:  # a recorder may outlive the command
            try:
                os.wait()
            except ChildProcessError:
                break
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu = (after.ru_utime + after.ru_stime -
                    before.ru_utime - before.ru_stime)
        self.out = done.stdout
        if done.returncode != 0:
            raise RuntimeError("%s: status %d\n%s" % (
                " ".join(command), done.returncode, done.stderr[-500:]))


def least(commands, rounds, **how):
    """name -> the runs of it with the least cpu and the least wall."""
    runs = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(Run(command() if callable(command) else command,
                                  **how))
    return {name: (min(all, key=lambda r: r.cpu), min(all, key=lambda r: r.wall))
            for name, all in runs.items()}


def mean(ratios):
    ratios = list(ratios)
    return math.exp(sum(map(math.log, ratios)) / len(ratios))


class Place:
    """The built tree, and a folder for traces."""

    def __init__(self, builddir):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.build = os.path.abspath(builddir)
        self.folder = tempfile.mkdtemp(prefix="record.", dir="/dev/shm")
        self.trace = os.path.join(self.folder, "t.pwt")

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def program(self, name):
        return os.path.join(self.build, name)

    def _fresh(self):
        for name in os.listdir(self.folder):
            os.unlink(os.path.join(self.folder, name))

    def watched(self, command, mode="profile"):
        """What runs command as the table says; the trace is made anew."""
        def fresh():
            self._fresh()
            return [self.program("poolwatch"), "-q", "--leak-check=no",
                    "-m", mode, "-o", self.trace, "--"] + command
        return fresh

    def by_hand(self, command):
        """Without a recorder: chunks go to a file in memory as they are."""
        module = self.program(".libs/libpoolwatch-preload.so")

        def fresh():
            self._fresh()
            return ["env", "LD_PRELOAD=" + module,
                    "POOLWATCH_OPTIONS=--mode=profile --max-size=4G --output=" +
                    self.trace] + command
        return fresh

    def heaptrack(self, command):
        def fresh():
            self._fresh()
            return ["heaptrack", "-o", os.path.join(self.folder, "h")] + command
        return fresh
