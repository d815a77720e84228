# python3.sh - json, re, dict, threads and a subprocess, all through malloc.
#
# PYTHONMALLOC=malloc takes python's own allocator above malloc away.
#
# SPDX-License-Identifier: GPL-2.0-or-later
need python3

prepare() {
	cat >"$in/work.py" <<-'PY'
	import json, re, subprocess, sys, threading

	rows = [{"id": i, "name": "n%d" % (i * 7), "tags": ["a", "b", str(i)]}
	        for i in range(6000)]
	text = json.dumps(rows)
	back = json.loads(text)
	print(len(text), back == rows)
	words = re.findall(r'"n(\d*7)"', text)
	print(len(words), words[:5])
	count = {}
	for c in text[:60000]:
	    count[c] = count.get(c, 0) + 1
	print(sorted(count.items())[:6])
	found = [None] * 4
	def walk(k):
	    found[k] = sum(len(json.dumps(r)) for r in rows[k::4])
	threads = [threading.Thread(target=walk, args=(k,)) for k in range(4)]
	for t in threads: t.start()
	for t in threads: t.join()
	print(found)
	done = subprocess.run([sys.executable, "-S", "-c", "print(6 * 7)"],
	    stdout=subprocess.PIPE)
	print(done.returncode, done.stdout)
	print("to stderr", file=sys.stderr)
	sys.exit(3)
	PY
}

work() {
	PYTHONMALLOC=malloc "$@" /usr/bin/python3 "$in/work.py"
}
