# Floor 3: replay, outside.
noinst_HEADERS += %D%/heap.h
