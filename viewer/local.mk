# poolview.  Floor 5 and whatever is below; only screen.c knows curses.
bin_PROGRAMS += poolview
poolview_CFLAGS = $(AM_CFLAGS) $(CURSES_CFLAGS)
poolview_LDADD = libreport.la libanalysis.la libheap.la libsymbol.la \
	libtrace.la libbase.la libargs.la $(CURSES_LIBS)
poolview_SOURCES = \
	%D%/app.c \
	%D%/app.h \
	%D%/command.c \
	%D%/frame.c \
	%D%/grid.c \
	%D%/grid.h \
	%D%/key.c \
	%D%/key.h \
	%D%/main.c \
	%D%/model.c \
	%D%/model.h \
	%D%/options.c \
	%D%/options.h \
	%D%/prompt.c \
	%D%/request.c \
	%D%/request.h \
	%D%/run.c \
	%D%/run.h \
	%D%/screen.c \
	%D%/screen.h \
	%D%/script.c \
	%D%/script.h \
	%D%/stack_text.c \
	%D%/stack_text.h \
	%D%/text.c \
	%D%/text.h \
	%D%/view.c \
	%D%/view.h \
	%D%/view_blocks.c \
	%D%/view_errors.c \
	%D%/view_help.c \
	%D%/view_sites.c
