/*
 * unwind_impl.h - what the files of the walker share.
 *
 *	unwind.c		the walk
 *	unwind_again.c		the walk as far as the last one does not do
 *	unwind_deep.c		the same of stacks of thousands of frames
 *	unwind_rows.c		the cache of rows
 *	unwind_cfi.c		.eh_frame: from an address to register rules
 *	unwind_ops.c		the instructions of .eh_frame
 *	unwind_pack.c		rules as a row
 *	unwind_code.c		code that has no .eh_frame
 *	unwind_expr.c		DWARF expressions
 *	unwind_full.c		one step with all registers, for odd frames
 *	unwind_objects.c	loaded objects
 *	unwind_frames.c		.eh_frame of those that do not say where it is
 *	unwind_ldso.c		ld.so's counters, and the objects of the start
 *	unwind_stack.c		which memory is stack and may be read
 *
 * A row is one frame's step, packed in 64 bits (ROW_*).  Two steps suffice to
 * follow nearly every frame from (pc, sp, bp); a frame that needs more says
 * ROW_FULL and is stepped over by unwind_full.c.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef PW_UNWIND_IMPL_H
#define PW_UNWIND_IMPL_H

#include "unwind/unwind.h"

#include "base/compiler.h"

/*
 * Not memcmp and memcpy: the module that we are part of may stand in their
 * place and watch its own calls.  The barrier keeps the compiler from seeing
 * what the loops are.
 */
static inline bool
bytes_equal(const unsigned char *a, const unsigned char *b, size_t size)
{
	size_t i;

	for (i = 0; i < size && a[i] == b[i]; i++)
		__asm__ volatile("");
	return i == size;
}

static inline void
bytes_copy(unsigned char *to, const unsigned char *from, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++) {
		to[i] = from[i];
		__asm__ volatile("" : : : "memory");
	}
}

/* --- rows ------------------------------------------------------------- */

enum row_kind {
	ROW_NONE,	/* no row: look at .eh_frame */
	ROW_FRAME,	/* CFA = base + off, return address at CFA - 8; with
			 * base sp, sp < CFA and the slot of bp in [sp, CFA) */
	ROW_DEREF,	/* CFA = the word at base + off, the same */
	ROW_PLT,	/* CFA = sp + 8, or + 16 past byte `slot` of 16 */
	ROW_SIGNAL,	/* the kernel's frame: all is in its ucontext */
	ROW_FULL,	/* needs other registers or expressions */
	ROW_STOP,	/* outermost frame */
	ROW_UNKNOWN,	/* no unwind information */
};

enum row_bp { ROW_BP_SAME, ROW_BP_AT_CFA, ROW_BP_AT_BP };

/*
 * bits	0-2	enum row_kind
 *	3	base is bp, else sp
 *	4-5	enum row_bp: where the caller's bp is
 *	6	of an object that stays: it was there at unwind_init
 *	16-31	signed, words: offset of that slot (ROW_PLT: the byte)
 *	32-63	signed, bytes: off
 */
#define ROW_KIND(row)		((enum row_kind)((row) & 7))
#define ROW_BASE_BP		8u
/* Kind, base and enum row_bp at once; the three forms that matter. */
#define ROW_FORM(row)		((unsigned)(row) & 0x3f)
#define ROW_FORM_SP		(ROW_FRAME | ROW_BP_SAME << 4)
#define ROW_FORM_SP_BP		(ROW_FRAME | ROW_BP_AT_CFA << 4)
#define ROW_FORM_BP_BP		(ROW_FRAME | ROW_BASE_BP | ROW_BP_AT_CFA << 4)
#define ROW_STAYS		64u
#define ROW_BP(row)		((enum row_bp)((row) >> 4 & 3))
#define ROW_SLOT(row)		((intptr_t)(int16_t)((row) >> 16) * 8)
#define ROW_PLT_BYTE(row)	((row) >> 16 & 15)
#define ROW_OFF(row)		((intptr_t)((int64_t)(row) >> 32))
#define ROW_MAKE(kind, base_bp, bp, slot, off)				\
	((uint64_t)(kind) | ((base_bp) ? ROW_BASE_BP : 0) |		\
	    (uint64_t)(bp) << 4 | (uint64_t)(uint16_t)(slot) << 16 |	\
	    (uint64_t)(uint32_t)(off) << 32)

/*
 * An entry is never locked: two threads may write it at once and a third read
 * half of each.  check is key ^ row * ROW_MIX, so only a whole entry matches.
 */
struct row_entry {
	uint64_t check;
	uint64_t row;
};

#define ROW_MIX		0x9e3779b97f4a7c15ull	/* 2^64 / golden ratio */

/*
 * The hash is the low bits of the key: return addresses are as good as random
 * there, and a multiplication would lie on the critical path of every frame.
 */
struct row_table {
	struct row_entry *entry;
	uint32_t mask;		/* number of entries - 1, a power of two */
	uint32_t used;		/* entries ever filled */
};

#define ROW_LEVELS	5

/*
 * The key of a row: a return address itself; an exact pc, which is an
 * instruction to come, with the top bit.
 */
static inline uint64_t
row_key(uintptr_t pc, bool exact)
{
	return (uint64_t)pc | (uint64_t)exact << 63;
}

uint64_t row_find_rest(const struct row_entry *, uint64_t mask, uint64_t key);

/* The row for key among mask + 1 entries, or ROW_NONE. */
static PW_ALWAYS_INLINE uint64_t
row_find(const struct row_entry *entry, uint64_t mask, uint64_t key)
{
	const struct row_entry *e = entry + (key & mask);
	uint64_t row = __atomic_load_n(&e->row, __ATOMIC_RELAXED);
	uint64_t check = __atomic_load_n(&e->check, __ATOMIC_RELAXED);

	if (PW_LIKELY((check ^ row * ROW_MIX) == key))
		return row;
	return row_find_rest(entry, mask, key);
}

/* --- the process ------------------------------------------------------ */

#define OBJECTS_MAX	4096u
#define NAMESPACES_MAX	16u	/* DL_NNS of glibc */

struct object {
	uintptr_t end;
	uintptr_t bias;
	const void *map;	/* link_map; NULL without _dl_find_object */
	const unsigned char *hdr;	/* .eh_frame_hdr, or NULL ... */
	const unsigned char *frames;	/* ... then .eh_frame, if found */
	uint64_t path_hash;
	uint32_t initial;	/* was there at unwind_init */
	uint32_t build_id_size;
	unsigned char build_id[32];
};

/* Lives in a mapping of its own, touched where used. */
struct objects {
	uintptr_t word[OBJECTS_MAX];	/* start | enum object_state; 0: unused */
	struct object object[OBJECTS_MAX];
};

/* Where a pc was found. */
struct object_view {
	uintptr_t start;
	uintptr_t end;
	const unsigned char *hdr;
	const unsigned char *frames;	/* without hdr; NULL: none */
	bool stays;
};

/* ld.so's counters; when they were not found both point at zeroes. */
struct ldso_words {
	const volatile uint64_t *adds;
	const volatile uint32_t *nloaded;	/* of namespace 0 */
	size_t stride;		/* bytes to the next namespace's; 0: unknown */
	bool known;
};

struct unwind_process {
	/* Constant after init. */
	bool ready;
	struct ldso_words words;
	struct objects *objects;
	void (*seen)(const struct unwind_object *, void *arg);
	void (*gone)(uintptr_t start, void *arg);
	void *arg;
	uintptr_t stack_end;	/* __libc_stack_end */
	size_t page;

	/* Atomic. */
	uint64_t stamp;		/* ldso_stamp when the rows were last right */
	uint64_t subs;		/* objects unloaded by then */
	uint32_t nspaces;	/* namespaces that ldso_stamp looks at */
	struct row_table *table;
	struct row_table tables[ROW_LEVELS];
};

static inline uint32_t
ldso_nloaded(const struct unwind_process *p, unsigned space)
{
	return *(const volatile uint32_t *)((uintptr_t)p->words.nloaded +
	    space * p->words.stride);
}

/* Changes with every load and unload: two loads, unless dlmopen is in use. */
static inline uint64_t
ldso_stamp(const struct unwind_process *p)
{
	uint64_t stamp = *p->words.adds ^ (uint64_t)ldso_nloaded(p, 0) << 32;
	unsigned i;

	for (i = 1; PW_UNLIKELY(i < p->nspaces); i++)
		stamp += (uint64_t)ldso_nloaded(p, i) << 32;
	return stamp;
}

int	rows_init(struct unwind_process *);
/* Keep row under key; dropped again if an object went since stamp was read. */
void	rows_insert(struct unwind_process *, uint64_t stamp, uint64_t key,
	    uint64_t row);
/* Forget rows: of pcs without information, of objects that may go, all. */
enum rows_dropped { ROWS_NEGATIVE, ROWS_OF_GUESTS, ROWS_ALL };
void	rows_drop(struct unwind_process *, enum rows_dropped);

struct unwind_scratch;

/* All there is to know of an object that is met. */
struct object_news {
	uintptr_t start;
	uintptr_t end;
	uintptr_t bias;
	const void *map;
	const unsigned char *hdr;
	const char *path;
	const void *phdr;	/* ElfW(Phdr) */
	size_t nphdr;
	bool initial;
};

int	objects_init(struct unwind_process *);
/* Where the .eh_frame is of an object that has no table of it; or NULL. */
const unsigned char *frames_find(const struct object_news *);
/* Make sure that the object is known; true: it stays for ever. */
bool	objects_meet(struct unwind_process *, struct object_news *);
/* start, end, map, hdr of the object there, if ld.so can say. */
bool	objects_ask_ldso(uintptr_t start, struct object_news *);
bool	objects_find(struct unwind_process *, struct unwind_scratch *,
	    uintptr_t pc, struct object_view *);
/* Search ld.so's counters; all objects of the start are met. */
int	ldso_init(struct unwind_process *);
/* Objects unloaded so far. */
uint64_t ldso_subs(struct unwind_process *);
/* The counters read stamp: find out what went, drop its rows. */
void	objects_refresh(struct unwind_process *, struct unwind_scratch *,
	    uint64_t stamp);

/* --- stacks ----------------------------------------------------------- */

struct stack_range {
	uintptr_t lo;		/* [lo, hi) may be read */
	uintptr_t hi;
};

static inline struct stack_range
stack_unpack(uint64_t packed)
{
	uintptr_t lo = packed >> 19 << 12;

	return (struct stack_range){ lo, lo + ((packed & 0x7ffff) << 12) };
}

/* A range that holds the word at addr; false: it can't be read. */
bool	stack_find(const struct unwind_process *, struct unwind_thread *,
	    uintptr_t addr, struct stack_range *);
/* A walk starts at sp, which is known to be a stack. */
bool	stack_enter(const struct unwind_process *, struct unwind_thread *,
	    uintptr_t sp, struct stack_range *);
bool	stack_read(const struct unwind_process *, struct unwind_thread *,
	    uintptr_t addr, uintptr_t *word);

/* --- .eh_frame -------------------------------------------------------- */

#define CFI_NREGS	17	/* DWARF numbers of x86-64; 16: return address */
enum { CFI_RAX, CFI_RDX, CFI_RCX, CFI_RBX, CFI_RSI, CFI_RDI, CFI_RBP, CFI_RSP,
	CFI_R8, CFI_R12 = 12, CFI_R15 = 15, CFI_RA = 16 };

/* How the caller's register is found; the value is packed above the type. */
enum cfi_rule {
	CFI_UNSET, CFI_UNDEFINED, CFI_SAME, CFI_OFFSET, CFI_VAL_OFFSET,
	CFI_REGISTER, CFI_EXPR, CFI_VAL_EXPR
};
#define CFI_RULE(type, v)	((int64_t)((uint64_t)(v) << 3 | (type)))
#define CFI_TYPE(rule)		((enum cfi_rule)((rule) & 7))
#define CFI_VALUE(rule)		((rule) >> 3)

/* Bytes of unwind information; bad is set by a read past the end. */
struct cfi_cursor {
	const unsigned char *p;
	const unsigned char *end;
	bool bad;
};

struct cfi_rules {
	int64_t reg[CFI_NREGS];
	int64_t cfa_off;
	const unsigned char *cfa_expr;	/* its ULEB length; NULL: cfa_reg */
	uint32_t cfa_reg;
};

#define CFI_REMEMBER_MAX	3

struct cfi {
	struct cfi_rules now;
	struct cfi_rules initial;	/* what the CIE said */
	struct cfi_rules saved[CFI_REMEMBER_MAX];
	struct cfi_cursor cie;
	struct cfi_cursor fde;
	uint64_t code_align;
	int64_t data_align;
	uintptr_t begin;	/* first instruction covered */
	uint32_t nsaved;
	uint32_t ra;		/* return address column */
	uint8_t fde_enc;
	bool has_aug;
	bool signal;
};

/* Registers as far as they are known. */
struct full_regs {
	uintptr_t reg[CFI_NREGS];
	uint32_t known;		/* bit per register */
};

/*
 * What does not fit on the caller's stack, of which a capture may use 512
 * bytes.
 */
struct unwind_scratch {
	struct cfi cfi;
	struct full_regs regs;
	struct full_regs next;
	struct object_view view;
	uint64_t object[24];	/* of unwind_objects.c */
	uint64_t expr[20];	/* of unwind_expr.c */
};
_Static_assert(sizeof(struct unwind_scratch) <= UNWIND_SCRATCH_SIZE,
    "scratch");

/* NULL when too many handlers are nested. */
static inline struct unwind_scratch *
scratch_take(struct unwind_thread *th)
{
	uint32_t level = th->level;

	if (level >= UNWIND_SCRATCH_LEVELS)
		return NULL;
	*(volatile uint32_t *)&th->level = level + 1;
	return (struct unwind_scratch *)th->scratch[level];
}

static inline void
scratch_give(struct unwind_thread *th)
{
	*(volatile uint32_t *)&th->level = th->level - 1;
}

uint64_t cfi_fixed(struct cfi_cursor *, unsigned size);
uint64_t cfi_uleb(struct cfi_cursor *);
int64_t	cfi_sleb(struct cfi_cursor *);
/* A pointer in an encoding of .eh_frame; data is what DATAREL counts from. */
uintptr_t cfi_pointer(struct cfi_cursor *, unsigned enc, uintptr_t data);
/* Step over a ULEB length and its bytes; returns where it stood. */
const unsigned char *cfi_block(struct cfi_cursor *);
/* Run instructions from loc until they pass pc; false: they are not sound. */
bool	cfi_run(struct cfi *, struct cfi_cursor *, uintptr_t data,
	    uintptr_t loc, uintptr_t pc);

/* The rules in force at pc; false: there is no (sound) information. */
bool	cfi_find(struct cfi *, const struct object_view *, uintptr_t pc);
/* The row of w->pc as its code tells it, or ROW_UNKNOWN. */
struct walk;
uint64_t code_row(const struct walk *);
/* The rules as a row. */
uint64_t cfi_row(const struct cfi *);

/* Expressions stand behind their ULEB length, within the object. */
bool	expr_is_breg(const unsigned char *expr, unsigned *reg, int64_t *off,
	    bool *deref);
bool	expr_is_plt(const unsigned char *expr, unsigned *byte);
/* On the registers s->regs; cfa may be NULL. */
bool	expr_eval(const struct unwind_process *, struct unwind_thread *,
	    struct unwind_scratch *s, const unsigned char *expr,
	    const uintptr_t *cfa, uintptr_t *value);

/* --- the walk --------------------------------------------------------- */

struct walk {
	struct unwind_process *process;
	struct unwind_thread *thread;
	const struct unwind_start *start;
	uint64_t stamp;
	uintptr_t pc;
	uintptr_t sp;
	uintptr_t bp;
	struct stack_range range;
	uint32_t nfull;		/* full steps taken */
	uint32_t nranges;	/* changes of stack */
	bool exact;
};

enum walk_result { WALK_GO, WALK_STOP, WALK_UNKNOWN };

extern struct unwind_process unwind_process
	    __attribute__((visibility("hidden")));

/* Something was loaded or unloaded; false: no scratch to find out what. */
bool	capture_refresh(struct unwind_process *, struct unwind_thread *,
	    uint64_t stamp);

/*
 * Fill in *w for a walk from start, once what ld.so loaded and unloaded is
 * known and sp is found to be a stack's.  false: no walk is possible.
 */
static PW_ALWAYS_INLINE bool
walk_begin(struct walk *w, struct unwind_thread *th,
    const struct unwind_start *start)
{
	struct unwind_process *p = &unwind_process;

	w->process = p;
	w->thread = th;
	w->start = start;
	w->pc = start->pc;
	w->sp = start->sp;
	w->bp = start->bp;
	w->nfull = w->nranges = 0;
	w->exact = false;
	if (PW_UNLIKELY(!p->ready))
		return false;
	w->stamp = ldso_stamp(p);
	if (PW_UNLIKELY(w->stamp !=
	    __atomic_load_n(&p->stamp, __ATOMIC_ACQUIRE)) &&
	    !capture_refresh(p, th, w->stamp))
		return false;
	return stack_enter(p, th, w->sp, &w->range);
}

/* How many frames of the outermost a capture of max keeps below the mark. */
static inline size_t
cut_outer(size_t max)
{
	return max > UNWIND_OUTERMOST + 1 ? UNWIND_OUTERMOST : 0;
}

/* And how many of total it leaves out. */
static inline size_t
cut_left(size_t total, size_t max)
{
	size_t kept = max - 1;
	size_t step = max >= UNWIND_CUT_MIN ? UNWIND_CUT_STEP : 1;

	if (total <= max)
		return 0;
	return (total - kept + step - 1) / step * step;
}

/* The steps that are not plain; row is that of w->pc. */
enum walk_result walk_odd(struct walk *, uint64_t row);
/* The row of an exact pc, for which a plain walk has no key. */
uint64_t walk_exact_row(const struct walk *);
/* Step over the frame at (pc, sp) with all registers. */
enum walk_result full_step(struct walk *);

#endif
