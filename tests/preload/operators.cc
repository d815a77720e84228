/*
 * operators.cc - operator new and delete in all their forms.
 *
 * Each allocation has a size of its own (7001 and up), so that the trace can
 * be asked which call it was.  Prints what does not hold; answers 1 then.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <new>

static int failed;

#define EXPECT(e) do {							\
	if (!(e)) {							\
		std::printf("%d: %s\n", __LINE__, #e);			\
		failed = 1;						\
	}								\
} while (0)

static void *volatile p;
static volatile std::size_t huge = SIZE_MAX / 2 - 4096;
static int handled;

static void
handler()
{
	/* Twice nothing comes of it; then we give up. */
	if (++handled == 3)
		std::set_new_handler(nullptr);
}

static void
every_form_serves()
{
	const std::align_val_t a{64};

	p = ::operator new(7001);
	::operator delete(p);
	p = ::operator new(7002, std::nothrow);
	::operator delete(p, std::nothrow);
	p = ::operator new(7003, a);
	EXPECT((std::uintptr_t)p % 64 == 0);
	::operator delete(p, a);
	p = ::operator new(7004, a, std::nothrow);
	EXPECT((std::uintptr_t)p % 64 == 0);
	::operator delete(p, a, std::nothrow);
	p = ::operator new[](7005);
	::operator delete[](p);
	p = ::operator new[](7006, std::nothrow);
	::operator delete[](p, std::nothrow);
	p = ::operator new[](7007, a);
	::operator delete[](p, a);
	p = ::operator new[](7008, a, std::nothrow);
	::operator delete[](p, a, std::nothrow);
	p = ::operator new(7009);
	::operator delete(p, 7009);
	p = ::operator new(7010, a);
	::operator delete(p, 7010, a);
	p = ::operator new[](7011);
	::operator delete[](p, 7011);
	p = ::operator new[](7012, a);
	::operator delete[](p, 7012, a);
	p = ::operator new(0);
	EXPECT(p != nullptr);
	::operator delete(p);
	::operator delete(nullptr);
}

static void
a_failing_new_throws()
{
	int caught = 0;

	try {
		p = ::operator new(huge);
	} catch (const std::bad_alloc &) {
		caught++;
	}
	try {
		p = ::operator new[](huge, std::align_val_t{256});
	} catch (const std::bad_alloc &) {
		caught++;
	}
	EXPECT(caught == 2);
	EXPECT(::operator new(huge, std::nothrow) == nullptr);
	EXPECT(::operator new[](huge, std::nothrow) == nullptr);
}

static void
the_new_handler_runs_until_it_gives_up()
{
	bool caught = false;

	std::set_new_handler(handler);
	try {
		p = ::operator new(huge);
	} catch (const std::bad_alloc &) {
		caught = true;
	}
	EXPECT(caught);
	EXPECT(handled == 3);
}

int
main()
{
	every_form_serves();
	a_failing_new_throws();
	the_new_handler_runs_until_it_gives_up();
	return failed;
}
