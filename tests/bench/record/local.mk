# What recording costs, each line beside its bar; part of "make bench".
EXTRA_DIST += %D%/measure.py %D%/table.py
EXTRA_PROGRAMS += %D%/micro
%C%_micro_SOURCES = %D%/micro.c
%C%_micro_CFLAGS = -std=gnu11 $(WARN_CFLAGS) -O2 \
	-fno-optimize-sibling-calls -pthread
%C%_micro_LDFLAGS = -pthread
CLEANFILES += %D%/micro
