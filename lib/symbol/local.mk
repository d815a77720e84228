# Floor 2: addresses to lines, outside.  Uses lib/base; libdw, libelf, and
# libstdc++ for its demangler.
noinst_LTLIBRARIES += libsymbol.la
libsymbol_la_CFLAGS = $(AM_CFLAGS) $(DW_CFLAGS) $(ELF_CFLAGS)
libsymbol_la_LIBADD = $(DW_LIBS) $(ELF_LIBS) $(DEMANGLE_LIBS)
libsymbol_la_SOURCES = \
	%D%/arena.c \
	%D%/arena.h \
	%D%/demangle.c \
	%D%/demangle.h \
	%D%/functions.c \
	%D%/functions.h \
	%D%/lines.c \
	%D%/lines.h \
	%D%/object.c \
	%D%/object.h \
	%D%/scope.c \
	%D%/scope.h \
	%D%/spans.c \
	%D%/spans.h \
	%D%/symbol.c \
	%D%/symbol.h \
	%D%/symtab.c \
	%D%/symtab.h
