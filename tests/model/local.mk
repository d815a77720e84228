# Model tests under sanitizers: tests/unit/m_NAME.c, 200,000 random operations
# against an oracle, with one thread and with eight.  The plain build has its
# row in tests/unit.  A model is three names in MODEL_TESTS and the lines of
# its two programs.
THREAD_MODELS =
MODEL_CFLAGS = -std=gnu11 $(WARN_CFLAGS) -g -O1 -fno-omit-frame-pointer -pthread
MODEL_ADDRESS = $(MODEL_CFLAGS) -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
MODEL_THREAD = $(MODEL_CFLAGS) -fsanitize=thread

# The allocators once more for each of the two, in one place.
MODEL_LIBRARY = \
	$(libbase_la_SOURCES) \
	$(liballoc_la_SOURCES) \
	$(libmmalloc_la_SOURCES) \
	$(libquick_la_SOURCES) \
	$(libpoolwatch_la_SOURCES)
EXTRA_LIBRARIES = %D%/libaddress.a %D%/libthread.a
%C%_libaddress_a_SOURCES = $(MODEL_LIBRARY)
%C%_libaddress_a_CFLAGS = $(MODEL_ADDRESS)
%C%_libthread_a_SOURCES = $(MODEL_LIBRARY)
%C%_libthread_a_CFLAGS = $(MODEL_THREAD)

# The one that must fail, for check-run.
check_PROGRAMS += %D%/m_bad_address
%C%_m_bad_address_SOURCES = %D%/m_bad.c
%C%_m_bad_address_CFLAGS = $(MODEL_ADDRESS)
%C%_m_bad_address_LDFLAGS = -pthread
%C%_m_bad_address_LDADD = %D%/libaddress.a
THREAD_MODELS += %D%/m_bad_thread
%C%_m_bad_thread_SOURCES = %D%/m_bad.c
%C%_m_bad_thread_CFLAGS = $(MODEL_THREAD)
%C%_m_bad_thread_LDFLAGS = -pthread
%C%_m_bad_thread_LDADD = %D%/libthread.a

check_PROGRAMS += %D%/m_mmalloc_address
%C%_m_mmalloc_address_SOURCES = tests/unit/m_mmalloc.c
%C%_m_mmalloc_address_CFLAGS = $(MODEL_ADDRESS)
%C%_m_mmalloc_address_LDFLAGS = -pthread
%C%_m_mmalloc_address_LDADD = %D%/libaddress.a
THREAD_MODELS += %D%/m_mmalloc_thread
%C%_m_mmalloc_thread_SOURCES = tests/unit/m_mmalloc.c
%C%_m_mmalloc_thread_CFLAGS = $(MODEL_THREAD)
%C%_m_mmalloc_thread_LDFLAGS = -pthread
%C%_m_mmalloc_thread_LDADD = %D%/libthread.a

check_PROGRAMS += %D%/m_pool_address
%C%_m_pool_address_SOURCES = tests/unit/m_pool.c
%C%_m_pool_address_CFLAGS = $(MODEL_ADDRESS)
%C%_m_pool_address_LDFLAGS = -pthread
%C%_m_pool_address_LDADD = %D%/libaddress.a
THREAD_MODELS += %D%/m_pool_thread
%C%_m_pool_thread_SOURCES = tests/unit/m_pool.c
%C%_m_pool_thread_CFLAGS = $(MODEL_THREAD)
%C%_m_pool_thread_LDFLAGS = -pthread
%C%_m_pool_thread_LDADD = %D%/libthread.a

check_PROGRAMS += %D%/m_qmalloc_address
%C%_m_qmalloc_address_SOURCES = tests/unit/m_qmalloc.c
%C%_m_qmalloc_address_CFLAGS = $(MODEL_ADDRESS)
%C%_m_qmalloc_address_LDFLAGS = -pthread
%C%_m_qmalloc_address_LDADD = %D%/libaddress.a
THREAD_MODELS += %D%/m_qmalloc_thread
%C%_m_qmalloc_thread_SOURCES = tests/unit/m_qmalloc.c
%C%_m_qmalloc_thread_CFLAGS = $(MODEL_THREAD)
%C%_m_qmalloc_thread_LDFLAGS = -pthread
%C%_m_qmalloc_thread_LDADD = %D%/libthread.a

check_PROGRAMS += %D%/m_vmem_address
%C%_m_vmem_address_SOURCES = tests/unit/m_vmem.c tests/unit/m_vmem_threads.c
%C%_m_vmem_address_CFLAGS = $(MODEL_ADDRESS)
%C%_m_vmem_address_LDFLAGS = -pthread
%C%_m_vmem_address_LDADD = %D%/libaddress.a
THREAD_MODELS += %D%/m_vmem_thread
%C%_m_vmem_thread_SOURCES = tests/unit/m_vmem.c tests/unit/m_vmem_threads.c
%C%_m_vmem_thread_CFLAGS = $(MODEL_THREAD)
%C%_m_vmem_thread_LDFLAGS = -pthread
%C%_m_vmem_thread_LDADD = %D%/libthread.a

# (end of models)

# A test is a name only, MODEL-SANITIZER-THREADS; run says what it does.  One
# thread has no races, and walking its whole heap under TSan takes minutes.
MODEL_TESTS = \
	%D%/mmalloc-address-1.model \
	%D%/mmalloc-address-8.model \
	%D%/pool-address-1.model \
	%D%/pool-address-8.model \
	%D%/qmalloc-address-1.model \
	%D%/qmalloc-address-8.model \
	%D%/vmem-address-1.model \
	%D%/vmem-address-8.model
if HAVE_TSAN
check_PROGRAMS += $(THREAD_MODELS)
MODEL_TESTS += \
	%D%/mmalloc-thread-8.model \
	%D%/pool-thread-8.model \
	%D%/qmalloc-thread-8.model \
	%D%/vmem-thread-8.model
endif
TESTS += $(MODEL_TESTS)
CLEANFILES += $(MODEL_TESTS)
$(MODEL_TESTS):
	@$(MKDIR_P) $(@D)
	@echo "$(@F): run says what this is" >$@
MODEL_LOG_COMPILER = $(LOG_COMPILER) $(top_srcdir)/tests/model/run
dist_check_SCRIPTS += %D%/check-run %D%/run
TESTS += %D%/check-run
