/*
 * throws.cc - exceptions through a program that has its own unwinder.
 *
 * Linked with -static-libgcc: had the module brought an unwinder of its own,
 * the two would meet here.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include <cstdio>
#include <stdexcept>
#include <string>

static int
deep(int n)
{
	std::string s(100 + n, 'x');

	if (n == 0)
		throw std::runtime_error(s);
	return deep(n - 1) + (int)s.size();
}

int
main()
{
	int caught = 0;

	for (int i = 0; i < 100; i++) {
		try {
			deep(20);
		} catch (const std::runtime_error &) {
			caught++;
		}
	}
	std::printf("%d\n", caught);
	return caught == 100 ? 0 : 1;
}
