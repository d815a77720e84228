# One bug, one program, one expected diagnostic.
