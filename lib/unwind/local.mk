# Floor 3: the call stack, inside.  Uses lib/base and lib/trace/session.h.
noinst_LTLIBRARIES += libpwunwind.la
libpwunwind_la_CFLAGS = $(INSIDE_CFLAGS) $(STACK_CFLAGS)
libpwunwind_la_SOURCES = \
	%D%/unwind.c \
	%D%/unwind.h \
	%D%/unwind_again.c \
	%D%/unwind_cfi.c \
	%D%/unwind_code.c \
	%D%/unwind_deep.c \
	%D%/unwind_deep.h \
	%D%/unwind_expr.c \
	%D%/unwind_frames.c \
	%D%/unwind_full.c \
	%D%/unwind_impl.h \
	%D%/unwind_ldso.c \
	%D%/unwind_objects.c \
	%D%/unwind_ops.c \
	%D%/unwind_pack.c \
	%D%/unwind_rows.c \
	%D%/unwind_stack.c
