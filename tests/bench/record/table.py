#!/usr/bin/python3
# table.py - what recording costs, line by line, each beside its bar.
#
#	table.py BUILDDIR [ROWS]
#
# ROWS is what ../run found for the real programs, a line each; without it
# their lines are left out.  heaptrack is run beside where it is installed.
# ../README tells how each line is measured.
#
# SPDX-License-Identifier: GPL-2.0-or-later
import os, re, shutil, sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from measure import Place, least, mean

ROUNDS = 3
MICRO = ("pairs", "batches", "threads", "handover", "sizes", "growth", "deep",
         "larson")
EVENTS = "4000000"
MB = 1024


def line(what, bar, got, good):
    print("%-50s %-15s %-16s %s" % (what, bar, got, "" if good else "MISSED"),
          flush=True)


DEEPER = {"deep4": "four functions in turn", "deepx": "four in no order"}


def capture(place):
    run = place.program("tests/bench/unwind_bench")
    text = least({"x": [run, "-t"]}, 1)["x"][0].out
    for name, frames, ours, theirs in re.findall(
            r"(\w+) (\d+) ([\d.]+) ([\d.]+)", text):
        ours, theirs = float(ours), float(theirs)
        if name == "deep":
            line("capture in a recursion to %s frames" % frames, "2000 ns",
                 "%.0f ns" % ours, ours <= 2000)
        elif name in DEEPER:
            line("  the same through " + DEEPER[name], "", "%.0f ns" % ours,
                 True)
        elif 20 < int(frames) < 30:
            line("capture with id, %s frames, %s" % (frames, name),
                 "1/5", "1/%.1f (%.0f ns)" % (theirs / ours, ours),
                 theirs / ours >= 5)


def real(path):
    """name bareCPU bareWall checkCPU checkWall profileCPU profileWall events
    size filled stored stacks"""
    rows = [l.split() for l in open(path)]
    profile = mean(float(r[5]) / float(r[1]) for r in rows)
    wall = mean(float(r[4]) / float(r[2]) for r in rows)
    size = mean(float(r[8]) / float(r[7]) for r in rows)
    worst = max(rows, key=lambda r: float(r[10]))
    line("CPU, %d real programs, profile mode, mean" % len(rows), "1.35x",
         "%.2fx" % profile, profile <= 1.35)
    line("wall, real programs, check mode, mean", "1.6x", "%.2fx" % wall,
         wall <= 1.6)
    line("bytes an event on disk, whole file, mean", "2", "%.2f" % size,
         size <= 2)
    line("records alone, the most (%s)" % worst[0], "1.5", worst[10],
         float(worst[10]) <= 1.5)
    line("stacks alone, mean and most", "",
         "%.2f and %.2f" % (mean(max(float(r[11]), .01) for r in rows),
                            max(float(r[11]) for r in rows)), True)


def micro(place):
    ratios, beside = [], []
    peer = shutil.which("heaptrack")
    for name in MICRO:
        command = [place.program("tests/bench/record/micro"), name, EVENTS]
        how = {"bare": command, "watched": place.watched(command)}
        if peer:
            how["heaptrack"] = place.heaptrack(command)
        got = least(how, ROUNDS)
        events = int(got["bare"][0].out.split()[0])
        bare = got["bare"][0].cpu
        ratio = got["watched"][0].cpu / bare
        ratios.append(ratio)
        if peer:
            beside.append(got["heaptrack"][0].cpu / bare)
        line("CPU, %s (bare %.1f ns an event%s)" % (
                 name, bare / events * 1e9,
                 ", heaptrack %.0fx" % beside[-1] if peer else ""),
             "8x", "%.1fx (%.0f ns)" % (
                 ratio, got["watched"][0].cpu / events * 1e9), ratio <= 8)
    line("CPU, micro programs, mean%s" % (
             " (heaptrack %.1fx)" % mean(beside) if peer else ""),
         "5x", "%.1fx" % mean(ratios), mean(ratios) <= 5)


def rate(run):
    events, seconds, _ = run.out.split()
    return int(events) / float(seconds)


def rates(place):
    one = [place.program("tests/bench/record/micro"), "batches", EVENTS]
    two = [place.program("tests/bench/record/micro"), "threads", EVENTS]
    pairs = [place.program("tests/bench/record/micro"), "pairs", EVENTS]
    got = least({"pairs": place.watched(pairs), "one": place.watched(one),
                 "two": place.watched(two), "one alone": place.by_hand(one),
                 "two alone": place.by_hand(two)}, ROUNDS)
    pairs, one, two, one_alone, two_alone = (rate(got[n][1]) for n in (
        "pairs", "one", "two", "one alone", "two alone"))
    line("events a second, one thread (pairs)", "10 M",
         "%.1f M" % (pairs / 1e6), pairs >= 10e6)
    line("two threads against one, with the recorder", "1.3x",
         "%.2fx" % (two / one), two / one >= 1.3)
    line("two threads against one, without, to memory", "1.8x",
         "%.2fx" % (two_alone / one_alone), two_alone / one_alone >= 1.8)


def exits(place):
    shell = ["bash", "-c", "for ((i = 0; i < 1000; i++)); do /bin/true; done"]
    got = least({"bare": shell, "watched": place.watched(shell)}, ROUNDS)
    more = got["watched"][1].wall - got["bare"][1].wall
    line("a process that only exits, wall more", "1 ms", "%.2f ms" % more,
         more <= 1)
    leave = [place.program("tests/bench/record/micro"), "exit", "0"]
    got = least({"bare": leave, "watched": place.watched(leave)}, ROUNDS)
    bare, watched = (int(got[n][0].out.split()[2]) for n in ("bare", "watched"))
    line("the same, memory more (%d KB bare)" % bare, "256 KB",
         "%d KB" % (watched - bare), watched - bare <= 256)


def memory(place):
    """The program's own memory at its end, two that keep much or little."""
    script = ("import sys\nd = [str(i) * 3 for i in range(%d)]\n"
              "for l in open('/proc/self/status'):\n"
              "    if l.startswith(('RssAnon', 'RssShmem')):\n"
              "        print(l.split()[1])\n")
    os.environ["PYTHONMALLOC"] = "malloc"
    for count in (1000, 300000):
        command = ["/usr/bin/python3", "-c", script % count]
        got = least({"bare": command, "watched": place.watched(command)}, 1)
        bare, watched = (sum(map(int, got[n][0].out.split()))
                         for n in ("bare", "watched"))
        most = 16 * MB + bare / 10
        line("resident memory more, python3 of %d MB" % (bare / MB),
             "%d MB" % (most / MB), "%.1f MB" % ((watched - bare) / MB),
             watched - bare <= most)


def main():
    place = Place(sys.argv[1])
    try:
        line("what", "bar", "measured", True)
        capture(place)
        if len(sys.argv) > 2:
            real(sys.argv[2])
        micro(place)
        rates(place)
        exits(place)
        memory(place)
    finally:
        place.close()


main()
