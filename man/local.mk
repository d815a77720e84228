# The manual.  poolwatch(1) has its list of functions from the table of the
# module's exports.
dist_man_MANS += \
	%D%/mmalloc.3 \
	%D%/pool.3 \
	%D%/poolleak.1 \
	%D%/pooltrace.5 \
	%D%/poolview.1 \
	%D%/qmalloc.3 \
	%D%/vmem.3

man_MANS += man/poolwatch.1
EXTRA_DIST += %D%/poolwatch.1.in
CLEANFILES += %D%/poolwatch.1
%D%/poolwatch.1: %D%/poolwatch.1.in lib/preload/exports
	$(AM_V_GEN)$(MKDIR_P) %D% && \
	sed -e '/^#/d' -e '/^$$/d' -e 's/[ 	].*/,/' -e '$$s/,/./' \
		$(srcdir)/lib/preload/exports >$@.list && \
	sed -e 's/[@]VERSION@/$(VERSION)/' \
		-e 's|[@]PKGLIBDIR@|$(pkglibdir)|' -e "/@EXPORTS@/r $@.list" \
		-e '/@EXPORTS@/d' $(srcdir)/%D%/poolwatch.1.in >$@.tmp && \
	rm -f $@.list && mv -f $@.tmp $@
