# Roof: what LD_PRELOAD loads; needs libc alone.
noinst_HEADERS += %D%/backend.h
