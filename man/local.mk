# The manual.
dist_man_MANS += \
	%D%/poolview.1
# man
dist_man_MANS += %D%/pooltrace.5
