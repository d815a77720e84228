/*
 * record_tell.c - the recorder's side of --tell.
 *
 * What is asked is done after a round, so all that programs had published when
 * it was asked is in the trace.  A pause is recorded before it begins and after
 * it has ended: what is missing lies between.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include "cli/record_impl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/os.h"

static int
tell_pause(struct trace_file *file, struct session_header *h, bool pause)
{
	bool paused = h->flags & SESSION_PAUSED;

	if (paused == pause)
		return EALREADY;
	if (!pause)
		__atomic_fetch_and(&h->flags, ~(uint32_t)SESSION_PAUSED,
		    __ATOMIC_SEQ_CST);
	if (trace_file_pause(file, h, pause) < 0)
		return errno;
	if (pause)
		__atomic_fetch_or(&h->flags, SESSION_PAUSED, __ATOMIC_SEQ_CST);
	return 0;
}

/* The name is whoever's who may write the session. */
static int
tell_mark(struct trace_file *file, struct session_header *h)
{
	char name[SESSION_TELL_NAME];

	memcpy(name, h->tell_name, sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	return trace_file_mark(file, h, name) < 0 ? errno : 0;
}

int
record_tell(struct trace_file *file, struct record_setup *s)
{
	struct session_header *h = s->session;

	if (!h->procs_claimed)
		return EAGAIN;
	switch (h->tell_word) {
	case SESSION_TELL_FLUSH:
		return fdatasync(s->trace_fd) < 0 && errno != EINVAL &&
		    errno != EROFS ? errno : 0;
	case SESSION_TELL_PAUSE:
	case SESSION_TELL_RESUME:
		return tell_pause(file, h, h->tell_word == SESSION_TELL_PAUSE);
	case SESSION_TELL_MARK:
		return tell_mark(file, h);
	case SESSION_TELL_CHECK:
		__atomic_add_fetch(&h->sweep_asked, 1, __ATOMIC_RELAXED);
		return 0;
	case SESSION_TELL_STOP:
		return 0;
	}
	return EINVAL;
}

void
record_tell_answer(struct session_header *h, uint32_t asked, int result)
{
	if (h->tell_done == asked)
		return;
	h->tell_result = result;
	__atomic_store_n(&h->tell_done, asked, __ATOMIC_RELEASE);
	os_futex_wake(&h->tell_done, INT_MAX);
}
