# The manual.
dist_man_MANS += \
	%D%/poolview.1
