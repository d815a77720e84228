/*
 * replay_bench.c - recorded streams of requests against several allocators.
 *
 *	replay_bench [-r ROUNDS] [-m MAX] STREAM...
 *
 * MAX: leave out blocks that ever are larger.
 *
 * Every run is a process of its own, forked from one that has done nothing
 * but read the stream, so each allocator begins with nothing and all are
 * measured alike.  Three questions, in runs apart:
 *
 *	time		the whole stream, the first and the last byte of each
 *			block written; rounds alternate between the subjects,
 *			and the median of the ratios to glibc in the same
 *			round is told;
 *	overhead	block size less request, of requests of 48 bytes and
 *			more; "net" leaves out the rounding of the request to
 *			the quantum of 16;
 *	peak		the highest of what was obtained from the system after
 *			any request, and of the resident memory, all of each
 *			block written.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/alloc/stream.h"
#include "tests/bench/alloc/subjects.h"

#define ROUNDS_MAX	99
#define OVERHEAD_MIN	48
#define QUANTUM		16

enum question { ASK_TIME, ASK_OVERHEAD, ASK_PEAK };

struct answer {
	double ns;		/* a request */
	double raw;		/* bytes a block */
	double net;
	size_t obtained;
	size_t resident;
};

struct replay {
	const struct stream *stream;
	const struct subject *subject;
	enum question question;
	void **slot;
	size_t *size;
	struct answer answer;
	double sum_raw, sum_net, counted;
};

static double
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The value of a line of /proc/self/status in bytes. */
static size_t
status_bytes(const char *name)
{
	char buf[4096], *line;
	int fd = open("/proc/self/status", O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, sizeof(buf) - 1);

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return 0;
	buf[n] = '\0';
	line = strstr(buf, name);
	return line ? strtoul(line + strlen(name), NULL, 10) * 1024 : 0;
}

static void
reset_peak(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY);

	if (fd < 0 || write(fd, "5", 1) != 1)
		perror("/proc/self/clear_refs");
	if (fd >= 0)
		close(fd);
}

/* Write what the question wants written of the bytes [from, size) of v. */
static void
touch(struct replay *r, char *v, size_t from, size_t size)
{
	if (size <= from)
		return;
	if (r->question == ASK_PEAK) {
		memset(v + from, 1, size - from);
	} else {
		v[from] = 1;
		v[size - 1] = 1;
	}
}

static void
count_block(struct replay *r, void *v, size_t size)
{
	size_t block, round = (size + QUANTUM - 1) & ~(size_t)(QUANTUM - 1);

	if (size < OVERHEAD_MIN)
		return;
	block = r->subject->block_size(v);
	r->sum_raw += (double)block - (double)size;
	r->sum_net += (double)block - (double)round;
	r->counted++;
}

static void
look(struct replay *r)
{
	size_t obtained = r->subject->obtained();

	if (obtained > r->answer.obtained)
		r->answer.obtained = obtained;
}

static void
note(const struct replay *r, void *v, int sign)
{
	if (r->question == ASK_PEAK && r->subject->note != NULL)
		r->subject->note(v, sign);
}

static void
do_alloc(struct replay *r, const struct request *q)
{
	size_t align = q->align ? (size_t)1 << q->align : 0;
	char *v = r->subject->alloc(q->size, align);

	if (v == NULL) {
		fprintf(stderr, "%s: no memory\n", r->subject->name);
		exit(1);
	}
	if (r->question == ASK_OVERHEAD)
		count_block(r, v, q->size);
	note(r, v, 1);
	touch(r, v, 0, q->size);
	r->slot[q->slot] = v;
	r->size[q->slot] = q->size;
}

static void
do_free(struct replay *r, const struct request *q)
{
	note(r, r->slot[q->slot], -1);
	r->subject->free(r->slot[q->slot]);
	r->slot[q->slot] = NULL;
}

static void
do_resize(struct replay *r, const struct request *q)
{
	size_t before = r->size[q->slot];
	char *v;

	note(r, r->slot[q->slot], -1);
	v = r->subject->resize(r->slot[q->slot], q->size);
	if (v == NULL && q->size != 0) {
		fprintf(stderr, "%s: no memory\n", r->subject->name);
		exit(1);
	}
	if (v != NULL)
		note(r, v, 1);
	touch(r, v, before, q->size);
	r->slot[q->slot] = v;
	r->size[q->slot] = q->size;
}

static void
replay(struct replay *r)
{
	const struct stream *s = r->stream;
	size_t i;

	for (i = 0; i < s->n; i++) {
		const struct request *q = &s->request[i];

		switch (q->kind) {
		case REQUEST_ALLOC:
			do_alloc(r, q);
			break;
		case REQUEST_RESIZE:
			do_resize(r, q);
			break;
		default:
			do_free(r, q);
		}
		if (r->question == ASK_PEAK)
			look(r);
	}
}

static void
run_child(struct replay *r, int fd)
{
	const struct stream *s = r->stream;
	size_t resident, n = s->nslots;
	double t;

	r->slot = stream_pages(n * sizeof(*r->slot));
	r->size = stream_pages(n * sizeof(*r->size));
	memset(r->slot, 0, n * sizeof(*r->slot));
	memset(r->size, 0, n * sizeof(*r->size));
	reset_peak();
	resident = status_bytes("VmRSS:");
	r->subject->open();
	t = now_ns();
	replay(r);
	r->answer.ns = (now_ns() - t) / (double)s->n;
	r->answer.resident = status_bytes("VmHWM:") - resident;
	if (r->counted > 0) {
		r->answer.raw = r->sum_raw / r->counted;
		r->answer.net = r->sum_net / r->counted;
	}
	if (write(fd, &r->answer, sizeof(r->answer)) != sizeof(r->answer))
		_exit(1);
	_exit(0);
}

static struct answer
ask(const struct stream *s, const struct subject *subject, enum question what)
{
	struct replay r = { .stream = s, .subject = subject, .question = what };
	struct answer a;
	int fd[2], status;
	pid_t pid;

	fflush(stdout);
	if (pipe(fd) < 0 || (pid = fork()) < 0) {
		perror("fork");
		exit(1);
	}
	if (pid == 0)
		run_child(&r, fd[1]);
	close(fd[1]);
	if (read(fd[0], &a, sizeof(a)) != sizeof(a)) {
		fprintf(stderr, "%s on %s: died\n", subject->name, s->name);
		memset(&a, 0, sizeof(a));
	}
	close(fd[0]);
	waitpid(pid, &status, 0);
	return a;
}

static int
less(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(double *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), less);
	return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* What became of one subject, on one stream or as the sum of all. */
struct figures {
	double time;		/* ns of the first subject, ratio of others */
	double raw, net;	/* bytes a block */
	size_t obtained, resident;
	double obtained_ratio, resident_ratio;
};

#define NSUBJECTS_MAX	8

/* Medians of the ratios to the first subject in the same round. */
static void
ask_times(const struct stream *s, int rounds, struct figures *f)
{
	static double all[NSUBJECTS_MAX][ROUNDS_MAX];
	size_t k;
	int i;

	for (i = 0; i < rounds; i++)
		for (k = 0; k < nsubjects; k++) {
			all[k][i] = ask(s, &subjects[k], ASK_TIME).ns;
			if (k > 0)
				all[k][i] /= all[0][i];
		}
	for (k = 0; k < nsubjects; k++)
		f[k].time = median(all[k], rounds);
}

static void
ask_space(const struct stream *s, size_t k, struct figures *f)
{
	struct answer a = ask(s, &subjects[k], ASK_OVERHEAD);

	f[k].raw = a.raw;
	f[k].net = a.net;
	a = ask(s, &subjects[k], ASK_PEAK);
	f[k].obtained = a.obtained;
	f[k].resident = a.resident;
	f[k].obtained_ratio = (double)a.obtained / (double)f[0].obtained;
	f[k].resident_ratio = (double)a.resident / (double)f[0].resident;
}

/* A figure and, where there is one, its bar: met or (!) missed. */
static void
print_barred(double value, const char *unit, double bar)
{
	printf(" %6.2f%s", value, unit);
	if (bar > 0)
		printf("%s%-5.3g", value <= bar ? " <=" : " !>", bar);
	else
		printf("%8s", "");
}

static void
print_figures(const char *stream, size_t k, const struct figures *f)
{
	const struct subject *u = &subjects[k];

	printf("%-9s %-10s", stream, u->name);
	if (k == 0)
		print_barred(f->time, "ns", 0);
	else
		print_barred(f->time, "x ", u->time_bar);
	printf(" %6.2f", f->raw);
	print_barred(f->net, "", u->overhead_bar);
	if (f->obtained_ratio > 0) {
		printf(" %8zu", f->obtained / 1024);
		print_barred(f->obtained_ratio, "x", k ? u->peak_bar : 0);
	} else
		printf(" %8s%16s", "-", "");
	printf(" %8zu", f->resident / 1024);
	print_barred(f->resident_ratio, "x", k ? u->peak_bar : 0);
	printf("\n");
}

static void
print_head(void)
{
	printf("%-20s %-16s %-6s %-14s %9s %-15s %8s %s\n", "", "time", "raw",
	    "net overhead", "obtained", "KiB, to glibc", "resident",
	    "KiB, to glibc");
}

/* Time and ratios: geometric means; overhead: the mean of the streams. */
static void
add(struct figures *sum, const struct figures *f)
{
	sum->time += log(f->time);
	sum->raw += f->raw;
	sum->net += f->net;
	sum->obtained += f->obtained;
	sum->resident += f->resident;
	if (f->obtained_ratio > 0)
		sum->obtained_ratio += log(f->obtained_ratio);
	sum->resident_ratio += log(f->resident_ratio);
}

static void
print_means(struct figures *sum, int n)
{
	size_t k;

	for (k = 0; k < nsubjects; k++) {
		sum[k].time = exp(sum[k].time / n);
		sum[k].raw /= n;
		sum[k].net /= n;
		if (sum[k].obtained > 0)
			sum[k].obtained_ratio = exp(sum[k].obtained_ratio / n);
		sum[k].resident_ratio = exp(sum[k].resident_ratio / n);
		print_figures("mean", k, &sum[k]);
	}
}

static void
bench(const struct stream *s, int rounds, struct figures *sum)
{
	struct figures f[NSUBJECTS_MAX];
	size_t k;

	memset(f, 0, sizeof(f));
	ask_times(s, rounds, f);
	for (k = 0; k < nsubjects; k++) {
		ask_space(s, k, f);
		print_figures(s->name, k, &f[k]);
		add(&sum[k], &f[k]);
	}
}

int
main(int argc, char **argv)
{
	struct figures sum[NSUBJECTS_MAX];
	uint64_t max = UINT64_MAX;
	int c, n, rounds = 5;

	while ((c = getopt(argc, argv, "r:m:")) != -1)
		if (c == 'r')
			rounds = atoi(optarg);
		else if (c == 'm')
			max = strtoull(optarg, NULL, 10);
	n = argc - optind;
	if (rounds < 1 || rounds > ROUNDS_MAX || n == 0)
		return 2;
	memset(sum, 0, sizeof(sum));
	print_head();
	for (; optind < argc; optind++) {
		struct stream s;

		if (stream_read(&s, argv[optind]) < 0)
			return 1;
		if (max != UINT64_MAX)
			stream_cut(&s, max);
		bench(&s, rounds, sum);
	}
	print_means(sum, n);
	return 0;
}
