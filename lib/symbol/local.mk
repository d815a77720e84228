# Floor 2: addresses to lines, outside.  Uses libdw, libelf, libstdc++.
noinst_HEADERS += %D%/symbol.h
