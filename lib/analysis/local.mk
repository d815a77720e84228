# Floor 4: one question per file, asked of a replayed heap.  Outside; uses
# lib/base, lib/trace, lib/heap, lib/symbol.
noinst_LTLIBRARIES += libanalysis.la
libanalysis_la_SOURCES = \
	%D%/context.c \
	%D%/context.h \
	%D%/errors.c \
	%D%/errors.h \
	%D%/frag.c \
	%D%/frag.h \
	%D%/history.c \
	%D%/history.h \
	%D%/names.c \
	%D%/names.h \
	%D%/suppress.c \
	%D%/suppress.h \
	%D%/suppress_impl.h \
	%D%/suppress_parse.c \
	%D%/suppress_rules.c \
	%D%/top.c \
	%D%/top.h \
	%D%/unjudged.c \
	%D%/unjudged.h \
	%D%/value.c \
	%D%/value.h
