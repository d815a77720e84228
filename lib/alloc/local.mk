# Floor 1: allocators.  Uses lib/base only; linked inside the watched program.
