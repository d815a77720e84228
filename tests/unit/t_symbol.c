/*
 * t_symbol.c - lib/symbol against binutils' addr2line on programs made here.
 *
 * The programs are compiled by the test, so that their sources stand beside
 * the answers that are asked for.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <fcntl.h>
#include <unistd.h>

#include "symbol/demangle.h"
#include "symbol/symbol.h"

#define BASE	0x555555554000ull	/* where the program was, by our word */

static char dir[] = "/tmp/t_symbol.XXXXXX";

static const char c_source[] =
"#include <stdlib.h>\n"
"static inline __attribute__((always_inline)) void *deepest(size_t n)\n"
"{\n"
"	return malloc(n + 1);\n"
"}\n"
"static inline __attribute__((always_inline)) void *middle(size_t n)\n"
"{\n"
"	void *p = deepest(n * 2);\n"
"	return p ? p : deepest(n);\n"
"}\n"
"__attribute__((noinline)) void *outer(size_t n)\n"
"{\n"
"	void *p = middle(n + 7);\n"
"	return (char *)p + 1;\n"
"}\n"
"int main(int argc, char **argv)\n"
"{\n"
"	return outer((size_t)argc) == argv;\n"
"}\n";

static const char cc_source[] =
"#include <map>\n"
"#include <string>\n"
"#include <vector>\n"
"namespace shop {\n"
"template <class T> struct Shelf {\n"
"	std::map<std::string, std::vector<T>> m;\n"
"	__attribute__((noinline)) void put(const std::string &s, T t)\n"
"	{ m[s].push_back(t); }\n"
"};\n"
"}\n"
"int main(int argc, char **argv)\n"
"{\n"
"	shop::Shelf<int> s;\n"
"	for (int i = 0; i < argc; i++)\n"
"		s.put(argv[i], i);\n"
"	return (int)s.m.size();\n"
"}\n";

static void
write_file(const char *name, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

/* A shell command in the folder of the test. */
static void
run(const char *command)
{
	char line[1024];

	snprintf(line, sizeof(line), "cd %s && %s", dir, command);
	if (system(line) != 0)
		fail_msg("%s", line);
}

static int
make_programs(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(dir));
	write_file("prog.c", c_source);
	write_file("shop.cc", cc_source);
	run("${CC:-cc} -O2 -g -Wl,--build-id -o prog prog.c");
	run("${CXX:-c++} -O2 -g -Wl,--build-id -o shop shop.cc");
	run("cp prog stripped && objcopy --only-keep-debug prog prog.debug &&"
	    " strip stripped &&"
	    " objcopy --add-gnu-debuglink=prog.debug stripped");
	return 0;
}

static int
remove_programs(void **state)
{
	char line[64];

	(void)state;
	snprintf(line, sizeof(line), "rm -rf %s", dir);
	return system(line);
}

/* A program of the test as a trace would name it. */
struct subject {
	char path[256];
	unsigned char id[64];
	struct symbol_module module;
	uint64_t text;		/* [text, text_end) of .text in the file */
	uint64_t text_end;
};

static void
take_section(struct subject *s, Elf *elf, Elf_Scn *scn, size_t names)
{
	const char *name;
	Elf_Data *data;
	GElf_Shdr sh;

	gelf_getshdr(scn, &sh);
	name = elf_strptr(elf, names, sh.sh_name);
	if (strcmp(name, ".text") == 0) {
		s->text = sh.sh_addr;
		s->text_end = sh.sh_addr + sh.sh_size;
	} else if (strcmp(name, ".note.gnu.build-id") == 0) {
		data = elf_getdata(scn, NULL);
		s->module.build_id_size = data->d_size - 16;
		memcpy(s->id, (char *)data->d_buf + 16, data->d_size - 16);
	}
}

static struct subject
subject(const char *name)
{
	struct subject s = { 0 };
	Elf_Scn *scn = NULL;
	size_t names;
	Elf *elf;
	int fd;

	snprintf(s.path, sizeof(s.path), "%s/%s", dir, name);
	fd = open(s.path, O_RDONLY);
	assert_true(fd >= 0);
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	assert_int_equal(elf_getshdrstrndx(elf, &names), 0);
	while ((scn = elf_nextscn(elf, scn)) != NULL)
		take_section(&s, elf, scn, names);
	elf_end(elf);
	close(fd);
	s.module.bias = s.module.start = BASE;
	s.module.end = BASE + (1u << 20);
	return s;
}

static const struct symbol_module *
module_of(struct subject *s)
{
	s->module.path = s->path;
	s->module.build_id = s->id;
	return &s->module;
}

static uint64_t
address_of(const char *name, const char *function)
{
	char line[512];
	unsigned long addr = 0;
	FILE *f;

	snprintf(line, sizeof(line),
	    "nm %s/%s | awk '$3 == \"%s\" { print $1 }'", dir, name, function);
	f = popen(line, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lx", &addr), 1);
	pclose(f);
	return addr;
}

static const char *
base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path;
}

/* Our frames as addr2line -i -f -a prints them, path shortened. */
static void
print_frames(FILE *f, struct symbolizer *s, struct subject *of, uint64_t addr)
{
	const struct symbol_frame *frames;
	size_t i, n;

	n = symbolizer_frames(s, module_of(of), BASE + addr, &frames);
	fprintf(f, "0x%016llx\n", (unsigned long long)addr);
	for (i = 0; i < n; i++)
		fprintf(f, "%s\n%s:%u\n", frames[i].symbol,
		    base_name(frames[i].file), frames[i].line);
}

/* The first instruction of every line of the functions that have lines. */
static void
agrees_with_addr2line(const char *name, const char *functions)
{
	struct subject of = subject(name);
	struct symbolizer *s = symbolizer_create(NULL);
	char line[1024], path[280];
	unsigned long addr;
	size_t n = 0;
	FILE *in, *out;

	snprintf(line, sizeof(line), "cd %s && objdump -d --no-show-raw-insn "
	    "%s | awk '/^[0-9a-f]+ <(%s)>:/{on=1;next} /^$/{on=0} "
	    "on && !/nop|xchg +%%ax,%%ax/{sub(\":\",\"\",$1); print \"0x\" $1}'"
	    " | tee addrs", dir, name, functions);
	in = popen(line, "r");
	snprintf(path, sizeof(path), "%s/ours", dir);
	out = fopen(path, "w");
	for (; fscanf(in, "%lx", &addr) == 1; n++)
		print_frames(out, s, &of, addr);
	pclose(in);
	fclose(out);
	assert_true(n > 10);
	snprintf(line, sizeof(line), "addr2line -i -f -a -e %s < addrs | sed "
	    "'s/ (discriminator [0-9]*)//; s,^.*/,,' > theirs", name);
	run(line);
	run("diff theirs ours");
	symbolizer_destroy(s);
}

static void
c_frames_and_their_inlined_callers_are_addr2lines(void **state)
{
	(void)state;
	agrees_with_addr2line("prog", "main|outer");
}

static void
cplusplus_frames_and_their_inlined_callers_are_addr2lines(void **state)
{
	(void)state;
	agrees_with_addr2line("shop", "main|_ZN4shop[^>]*");
}

/* The malloc call in outer: deepest in middle in outer. */
static size_t
frames_of_outer(struct symbolizer *s, struct subject *of,
    const struct symbol_frame **frames)
{
	uint64_t addr = address_of("prog", "outer");
	uint64_t end = addr + 64;
	size_t n = 0;

	for (; addr < end && n != 3; addr++)
		n = symbolizer_frames(s, module_of(of), BASE + addr, frames);
	return n;
}

static void
inlined_frames_come_innermost_first_with_one_ip(void **state)
{
	struct subject of = subject("prog");
	struct symbolizer *s = symbolizer_create(NULL);
	const struct symbol_frame *f;

	(void)state;
	assert_int_equal(frames_of_outer(s, &of, &f), 3);
	assert_string_equal(f[0].function, "deepest");
	assert_string_equal(f[1].function, "middle");
	assert_string_equal(f[2].function, "outer");
	assert_int_equal(f[0].line, 4);
	assert_int_equal(f[1].line, 8);
	assert_int_equal(f[2].line, 13);
	assert_true(f[0].inlined && f[1].inlined && !f[2].inlined);
	assert_true(f[0].ip == f[1].ip && f[1].ip == f[2].ip);
	assert_true(f[0].ip - f[0].module_offset == BASE);
	assert_string_equal(f[0].module, of.path);
	symbolizer_destroy(s);
}

static void
a_stripped_program_finds_its_debug_file_by_debuglink(void **state)
{
	struct subject of = subject("stripped");
	struct symbolizer *s = symbolizer_create(NULL);
	const struct symbol_frame *f;

	(void)state;
	assert_int_equal(frames_of_outer(s, &of, &f), 3);
	assert_string_equal(base_name(f[2].file), "prog.c");
	symbolizer_destroy(s);
}

static void
build_id_path(const struct subject *of, char *path)
{
	size_t i;

	path += sprintf(path, "dbg/.build-id/%02x/", of->id[0]);
	for (i = 1; i < of->module.build_id_size; i++)
		path += sprintf(path, "%02x", of->id[i]);
}

/* Also for a program that was deleted or replaced since. */
static void
a_debug_file_is_found_by_build_id_in_the_debug_folder(void **state)
{
	struct subject of = subject("prog");
	char debug[64], path[128], line[512];
	struct symbol_options options = { .debug_dir = debug };
	struct symbolizer *s;
	const struct symbol_frame *f;

	(void)state;
	build_id_path(&of, path);
	snprintf(line, sizeof(line), "mkdir -p $(dirname %s) && "
	    "cp prog.debug %s.debug && cp prog moved", path, path);
	run(line);
	snprintf(debug, sizeof(debug), "%s/dbg", dir);
	s = symbolizer_create(&options);
	snprintf(of.path, sizeof(of.path), "%s/gone (deleted)", dir);
	assert_int_equal(frames_of_outer(s, &of, &f), 3);
	symbolizer_destroy(s);
}

static void
a_file_with_another_build_id_is_not_used(void **state)
{
	struct subject of = subject("prog");
	struct symbolizer *s = symbolizer_create(NULL);
	uint64_t addr = address_of("prog", "outer");
	const struct symbol_frame *f;

	(void)state;
	of.id[0] ^= 1;
	assert_int_equal(symbolizer_frames(s, module_of(&of), BASE + addr, &f),
	    1);
	assert_true(f[0].function == NULL && f[0].file == NULL);
	assert_true(f[0].module_offset == addr);
	assert_string_equal(f[0].module, of.path);
	assert_int_equal(strlen(f[0].build_id), of.module.build_id_size * 2);
	symbolizer_destroy(s);
}

static void
a_sysroot_is_put_before_absolute_paths(void **state)
{
	struct subject of = subject("prog");
	struct symbol_options options = { .sysroot = dir };
	struct symbolizer *s = symbolizer_create(&options);
	const struct symbol_frame *f;

	(void)state;
	strcpy(of.path, "/prog");
	assert_int_equal(frames_of_outer(s, &of, &f), 3);
	assert_string_equal(f[0].module, "/prog");
	symbolizer_destroy(s);
}

static void
an_object_at_two_places_has_equal_frames_at_both(void **state)
{
	struct subject of = subject("prog");
	struct symbolizer *s = symbolizer_create(NULL);
	uint64_t addr = address_of("prog", "main");
	const struct symbol_frame *f, *g, *again;

	(void)state;
	symbolizer_frames(s, module_of(&of), BASE + addr, &f);
	of.module.bias += 0x1000;
	symbolizer_frames(s, module_of(&of), BASE + 0x1000 + addr, &g);
	assert_true(g[0].ip == f[0].ip + 0x1000 &&
	    g[0].module_offset == f[0].module_offset);
	assert_ptr_equal(g[0].function, f[0].function);
	of.module.bias -= 0x1000;
	symbolizer_frames(s, module_of(&of), BASE + addr, &again);
	assert_ptr_equal(again, f);
	symbolizer_destroy(s);
}

static void
what_is_no_file_is_one_frame_with_its_address(void **state)
{
	static const char *const paths[] = { "", "linux-vdso.so.1", "[anon]",
		"/dev/null", "/", "./no such file", NULL };
	struct symbol_module m = { .start = BASE, .end = BASE + 4096,
		.bias = BASE };
	struct symbolizer *s = symbolizer_create(NULL);
	const struct symbol_frame *f;
	size_t i;

	(void)state;
	for (i = 0; paths[i] != NULL; i++) {
		m.path = paths[i];
		assert_int_equal(symbolizer_frames(s, &m, BASE + 5, &f), 1);
		assert_true(f->ip == BASE + 5 && f->module_offset == 5);
		assert_true(f->function == NULL && f->build_id == NULL);
	}
	assert_int_equal(symbolizer_frames(s, NULL, 0x1234, &f), 1);
	assert_true(f->ip == 0x1234);
	assert_null(f->module);
	symbolizer_destroy(s);
}

static void
check_name(const char *symbol, const char *function)
{
	char *name = demangle(symbol);

	assert_string_equal(name, function);
	free(name);
}

static void
names_are_the_programmers(void **state)
{
	(void)state;
	check_name("main", "main");
	check_name("_Z1fi", "f(int)");
	check_name("_Z1fi.cold", "f(int)");
	check_name("frob.constprop.0", "frob");
	check_name("memcpy@@GLIBC_2.14", "memcpy");
	check_name("_Znot_a_name", "_Znot_a_name");
	check_name("with.parts", "with.parts");
	check_name("with.part.12.cold", "with");
	check_name("_ZN4core3fmt5write17h0123456789abcdefE",
	    "core::fmt::write");
	check_name("_ZN4main4main17he714a2e23ed7db23E.llvm.1", "main::main");
	check_name("_ZN58_$LT$alloc..string..String$u20$as$u20$core..fmt..Write"
	    "$GT$9write_str17h0123456789abcdefE",
	    "<alloc::string::String as core::fmt::Write>::write_str");
	check_name("@odd", "@odd");
}

/* A generous bound: the wish is a second for 2,000 on one core. */
static void
two_thousand_places_take_less_than_three_seconds(void **state)
{
	struct subject of = subject("shop");
	struct symbolizer *s = symbolizer_create(NULL);
	const struct symbol_frame *f;
	size_t i, named = 0;
	clock_t start = clock();

	(void)state;
	for (i = 0; i < 2000; i++) {
		symbolizer_frames(s, module_of(&of), BASE + of.text +
		    i * (of.text_end - of.text) / 2000, &f);
		named += f->function != NULL;
	}
	assert_true(named > 1000);
	assert_true((clock() - start) / CLOCKS_PER_SEC < 3);
	symbolizer_destroy(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    c_frames_and_their_inlined_callers_are_addr2lines),
		cmocka_unit_test(
		    cplusplus_frames_and_their_inlined_callers_are_addr2lines),
		cmocka_unit_test(
		    inlined_frames_come_innermost_first_with_one_ip),
		cmocka_unit_test(
		    a_stripped_program_finds_its_debug_file_by_debuglink),
		cmocka_unit_test(
		    a_debug_file_is_found_by_build_id_in_the_debug_folder),
		cmocka_unit_test(a_file_with_another_build_id_is_not_used),
		cmocka_unit_test(a_sysroot_is_put_before_absolute_paths),
		cmocka_unit_test(
		    an_object_at_two_places_has_equal_frames_at_both),
		cmocka_unit_test(what_is_no_file_is_one_frame_with_its_address),
		cmocka_unit_test(names_are_the_programmers),
		cmocka_unit_test(
		    two_thousand_places_take_less_than_three_seconds),
	};

	return cmocka_run_group_tests(tests, make_programs, remove_programs);
}
