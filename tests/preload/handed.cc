/*
 * handed.cc - blocks handed from thread to thread through a mutex.
 *
 * Threads push and pop the same vector, and are kept out of step by exceptions
 * thrown between.  Whoever pops waits for the cache line of the mutex, and a
 * processor does not wait with it: what does not depend on the line, such as
 * reading a clock, may be done long before it is there.  So the time of a free
 * can be older than that of its allocation.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static std::mutex lock;
static std::vector<std::unique_ptr<std::string>> blocks;

static void
turn(int i)
{
	try {
		if (i % 3 == 0)
			throw std::runtime_error(std::string(i, 'e'));
		std::lock_guard<std::mutex> guard(lock);
		blocks.push_back(std::make_unique<std::string>(i, 'b'));
	} catch (const std::exception &) {
		std::lock_guard<std::mutex> guard(lock);
		if (!blocks.empty())
			blocks.pop_back();
	}
}

int
main()
{
	for (int round = 0; round < 20; round++) {
		std::vector<std::thread> threads;

		for (int i = 0; i < 40; i++)
			threads.emplace_back([] {
				for (int k = 0; k < 300; k++)
					turn(k);
			});
		for (auto &t : threads)
			t.join();
	}
	blocks.clear();
	blocks.shrink_to_fit();
	return 0;
}
