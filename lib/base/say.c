/*
 * say.c - see say.h.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <config.h>

#include "base/say.h"

#include <stdbool.h>
#include <stdint.h>

struct say {
	char *buf;
	size_t size;
	size_t n;	/* length of the whole text so far */
};

struct say_spec {
	bool zero;
	bool left;
	unsigned width;
	unsigned longs;	/* 0 int, 1 long or size_t, 2 long long */
};

static void
say_char(struct say *s, char c)
{
	if (s->n + 1 < s->size)
		s->buf[s->n] = c;
	s->n++;
}

static void
say_field(struct say *s, const struct say_spec *spec, const char *text,
    size_t len)
{
	size_t pad = spec->width > len ? spec->width - len : 0;
	char fill = spec->zero && !spec->left ? '0' : ' ';

	if (!spec->left)
		while (pad > 0 && pad--)
			say_char(s, fill);
	for (size_t i = 0; i < len; i++)
		say_char(s, text[i]);
	while (pad > 0 && pad--)
		say_char(s, ' ');
}

static void
say_number(struct say *s, const struct say_spec *spec, uint64_t v,
    unsigned base, bool negative)
{
	char digits[24];
	char *p = digits + sizeof digits;
	char *end = p;

	do
		*--p = "0123456789abcdef"[v % base];
	while ((v /= base) != 0);
	if (negative)
		*--p = '-';
	say_field(s, spec, p, (size_t)(end - p));
}

static uint64_t
say_unsigned_arg(const struct say_spec *spec, va_list *ap)
{
	if (spec->longs == 0)
		return va_arg(*ap, unsigned);
	if (spec->longs == 1)
		return va_arg(*ap, unsigned long);
	return va_arg(*ap, unsigned long long);
}

static int64_t
say_signed_arg(const struct say_spec *spec, va_list *ap)
{
	if (spec->longs == 0)
		return va_arg(*ap, int);
	if (spec->longs == 1)
		return va_arg(*ap, long);
	return va_arg(*ap, long long);
}

static const char *
say_parse(const char *f, struct say_spec *spec)
{
	for (; *f == '0' || *f == '-'; f++)
		*(*f == '0' ? &spec->zero : &spec->left) = true;
	for (; *f >= '0' && *f <= '9'; f++)
		spec->width = spec->width * 10 + (unsigned)(*f - '0');
	for (; *f == 'l' || *f == 'z'; f++)
		spec->longs++;
	return f;
}

static void
say_text(struct say *s, const struct say_spec *spec, const char *text)
{
	size_t len = 0;

	if (text == NULL)
		text = "(null)";
	while (text[len] != '\0')
		len++;
	say_field(s, spec, text, len);
}

static void
say_directive(struct say *s, struct say_spec *spec, char c, va_list *ap)
{
	int64_t v;
	char one;

	switch (c) {
	case 's':
		say_text(s, spec, va_arg(*ap, const char *));
		break;
	case 'c':
		one = (char)va_arg(*ap, int);
		say_field(s, spec, &one, 1);
		break;
	case 'd':
		v = say_signed_arg(spec, ap);
		say_number(s, spec, v < 0 ? -(uint64_t)v : (uint64_t)v, 10, v < 0);
		break;
	case 'u':
		say_number(s, spec, say_unsigned_arg(spec, ap), 10, false);
		break;
	case 'x':
		say_number(s, spec, say_unsigned_arg(spec, ap), 16, false);
		break;
	case 'p':
		say_char(s, '0');
		say_char(s, 'x');
		say_number(s, spec, (uintptr_t)va_arg(*ap, void *), 16, false);
		break;
	default:
		say_char(s, c);
	}
}

size_t
say_vformat(char *buf, size_t size, const char *fmt, va_list args)
{
	struct say s = { .buf = buf, .size = size };
	va_list ap;

	va_copy(ap, args);
	for (; *fmt != '\0'; fmt++) {
		struct say_spec spec = { 0 };

		if (*fmt != '%') {
			say_char(&s, *fmt);
			continue;
		}
		fmt = say_parse(fmt + 1, &spec);
		if (*fmt == '\0')
			break;
		say_directive(&s, &spec, *fmt, &ap);
	}
	va_end(ap);
	if (size > 0)
		buf[s.n < size ? s.n : size - 1] = '\0';
	return s.n;
}

size_t
say_format(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	n = say_vformat(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
