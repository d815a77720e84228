# Floor 4: one question per file, asked of a replayed heap.  Outside.
noinst_HEADERS += \
	%D%/frag.h \
	%D%/names.h \
	%D%/top.h \
	%D%/unjudged.h
