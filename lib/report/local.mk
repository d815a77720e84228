# lib/report
noinst_LTLIBRARIES += libreport.la
libreport_la_SOURCES = \
	%D%/escape.c \
	%D%/escape.h \
	%D%/report.h
