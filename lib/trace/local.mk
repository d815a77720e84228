# Floor 2: the format and its ends.  libtracein is the inside's (writer,
# stacks), libtrace the outside's (file, reader).
noinst_HEADERS += \
	%D%/file.h \
	%D%/format.h \
	%D%/reader.h \
	%D%/session.h \
	%D%/stacks.h \
	%D%/writer.h
