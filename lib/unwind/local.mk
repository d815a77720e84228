# Floor 3: the call stack, inside.  Uses lib/base and lib/trace/session.h.
noinst_HEADERS += %D%/unwind.h
