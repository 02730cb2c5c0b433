# One make for the whole tree; every room adds a module.mk. Try `make help`.
# Settable: CC CLANG CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR BUILD SAN WERROR V, or config.mk.
-include config.mk
SAN    ?=
BUILD  ?= build$(if $(SAN),/$(subst $(comma),-,$(SAN)))
PREFIX ?= /usr/local
CLANG  ?= clang
CFLAGS ?= -O2 -g
PKG    := pkg-config
comma  := ,

# The build tree has the shape of an installed one, so that the programs find
# their parts in the same way in both.
bin   := $(BUILD)/bin
lib   := $(BUILD)/lib/holdup
share := $(BUILD)/share/holdup

warn := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wold-style-definition \
	-Wmissing-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings -Wundef -Wvla \
	-Wformat=2 -Wnull-dereference -Wdouble-promotion $(if $(WERROR),-Werror)
san  := $(if $(SAN),-fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=all)
cpp   = -D_GNU_SOURCE -I. -MMD -MP $(own) $(CPPFLAGS)
cc    = $(CC) -std=gnu11 -pthread $(warn) $(cpp) $(CFLAGS)
say   = $(if $(V),,@printf '  %-5s %s\n' $(1) $@;)

.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all deps demo test check lint rooms tsan tsan-check golden bench install uninstall clean help
all:

# A module.mk only appends to these lists and says what each product is made of:
#   NAME.src  C files     NAME.pkgs  pkg-config names     NAME.libs  -l flags
rooms := workloads tracing analysis plots tests
progs := holdup#	-> $(bin)
libs  :=#	-> $(lib), loaded into other programs: never sanitized
loads :=#	-> $(lib)/workloads, and with TSan $(lib)/workloads-tsan
aids  :=#	-> $(BUILD)/aid, programs that tests and benchmarks run
races :=#	-> $(BUILD)/race/plain and with TSan $(BUILD)/race/tsan
tests :=#	-> $(BUILD)/test, one per unit, TAP on stdout
data  :=#	-> $(share), files that the programs read
manuals :=#	-> share/man/man1
packages :=#	Debian packages that it takes to build, run and test
holdup.src := holdup.c
include $(rooms:%=%/module.mk)

out  := $(progs:%=$(bin)/%) $(libs:%=$(lib)/%.so) $(loads:%=$(lib)/workloads/%) \
	$(loads:%=$(lib)/workloads-tsan/%) $(data:%=$(share)/%)
unit := $(tests:%=$(BUILD)/test/%)
aid  := $(aids:%=$(BUILD)/aid/%) $(races:%=$(BUILD)/race/plain/%) $(races:%=$(BUILD)/race/tsan/%)
all_products := $(progs) $(libs) $(loads) $(aids) $(races) $(tests)
srcs := $(sort $(foreach p,$(all_products),$($(p).src)))
objs  = $(patsubst %.c,$(BUILD)/$(2)/%.o,$($(1).src))
pkg   = $(if $($(1).pkgs),$(shell $(PKG) --$(2) $($(1).pkgs)))

define product # name, file, object flavour
$(2): $$(call objs,$(1),$(3))
$(2): own_libs += $$(call pkg,$(1),libs) $$($(1).libs)
$$(call objs,$(1),$(3)): own += $$(call pkg,$(1),cflags)
endef
$(foreach p,$(progs),$(eval $(call product,$(p),$(bin)/$(p),exe)))
$(foreach p,$(tests),$(eval $(call product,$(p),$(BUILD)/test/$(p),exe)))
$(foreach p,$(aids),$(eval $(call product,$(p),$(BUILD)/aid/$(p),aid)))
$(foreach p,$(races),$(eval $(call product,$(p),$(BUILD)/race/plain/$(p),aid)))
$(foreach p,$(races),$(eval $(call product,$(p),$(BUILD)/race/tsan/$(p),tsan)))
$(foreach p,$(loads),$(eval $(call product,$(p),$(lib)/workloads/$(p),aid)))
$(foreach p,$(loads),$(eval $(call product,$(p),$(lib)/workloads-tsan/$(p),tsan)))
$(foreach p,$(libs),$(eval $(call product,$(p),$(lib)/$(p).so,pic)))

$(BUILD)/exe/analysis/%.o: warn += -Wconversion

all: $(out)	## build everything into $(BUILD)

# exe: ours, sanitized where asked; aid: never sanitized, since they are traced;
# tsan: workloads under ThreadSanitizer; pic: loaded into other programs.
$(BUILD)/exe/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(cc) $(san) -c -o $@ $<
$(BUILD)/aid/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(cc) -fno-omit-frame-pointer -c -o $@ $<
$(BUILD)/tsan/%.o: %.c
	@mkdir -p $(@D)
	$(call say,TSAN)$(CLANG) -std=gnu11 -pthread $(cpp) -O1 -g -fsanitize=thread -fno-omit-frame-pointer -c -o $@ $<
$(BUILD)/pic/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC)$(cc) -fPIC -fvisibility=hidden -ftls-model=initial-exec -c -o $@ $<
$(progs:%=$(bin)/%) $(unit):
	@mkdir -p $(@D)
	$(call say,LD)$(CC) -pthread $(san) $(LDFLAGS) -o $@ $(filter %.o,$^) $(sort $(own_libs)) $(LDLIBS)
$(filter-out $(BUILD)/race/tsan/%,$(aid)) $(loads:%=$(lib)/workloads/%):
	@mkdir -p $(@D)
	$(call say,LD)$(CC) -pthread -rdynamic $(LDFLAGS) -o $@ $(filter %.o,$^) $(sort $(own_libs)) $(LDLIBS)
$(loads:%=$(lib)/workloads-tsan/%) $(races:%=$(BUILD)/race/tsan/%):
	@mkdir -p $(@D)
	$(call say,LD)$(CLANG) -pthread -fsanitize=thread $(LDFLAGS) -o $@ $(filter %.o,$^) $(sort $(own_libs)) $(LDLIBS)
$(libs:%=$(lib)/%.so):
	@mkdir -p $(@D)
	$(call say,LD)$(CC) -pthread -shared -Wl,-z,defs $(LDFLAGS) -o $@ $(filter %.o,$^) $(sort $(own_libs)) $(LDLIBS)
$(data:%=$(share)/%): $(share)/%: %
	@mkdir -p $(@D)
	@cp -p $< $@

deps:	## install the Debian packages that are missing (sudo when not root)
	@tests/deps.sh $(packages)

demo: deps	## record a workload, print its report, draw its plots
	@$(MAKE) --no-print-directory all
	@tests/demo.sh $(BUILD)

test: deps	## run all tests (SAN=address,undefined too); needs a few minutes
	@$(MAKE) --no-print-directory check

check: all $(unit) $(aid)	# the tests alone, for when all packages are there
	@BUILD=$(abspath $(BUILD)) tests/run.sh $(unit)

tidy = $(CLANG)-tidy --quiet $(1) -- -std=gnu11 -D_GNU_SOURCE -I. \
	$(shell $(PKG) --cflags $(sort $(foreach p,$(all_products),$($(p).pkgs))))
headers := $(shell find $(rooms) -name '*.h')
shells  := $(shell find $(rooms) .ci -name '*.sh' -o -name '*.bats' -o -path .ci/run) tracing/completion.bash
# A file at a time: clang-tidy 14 sees lists of arguments end where there are none
# once it has read another file. All four tools have their say before it fails.
lint: rooms	## clang-tidy, cppcheck, clang-format, shellcheck
	@bad=0; \
	printf '%s\n' $(srcs) | xargs -P $(shell nproc) -I{} $(call tidy,{}) 2>/dev/null || bad=1; \
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=unknownMacro:tracing/events.h --suppress=syntaxError:tracing/events.h \
		--suppress=unknownMacro:analysis/plugin.c \
		--error-exitcode=1 -I. $(srcs) || bad=1; \
	clang-format --dry-run --Werror $(srcs) $(headers) || bad=1; \
	shellcheck -x $(shells) || bad=1; \
	exit $$bad

rooms:	## no room includes what its module.mk bans
	@$(foreach r,$(rooms),! grep -rsnP --include='*.[ch]' '^#include [<"]($($(r).ban))' $(r) &&) true

tsan:	## our own threaded code under ThreadSanitizer
	@$(MAKE) --no-print-directory SAN=thread CC=$(CLANG) CFLAGS='-O1 -g' tsan-check

# The units that contain code of ours that starts threads.
threaded := $(shell grep -lE 'pthread_create|g_thread_' $(srcs))
threaded := $(foreach t,$(tests),$(if $(filter $(threaded),$($(t).src)),$(BUILD)/test/$(t)))
tsan-check: all $(threaded)
	@BUILD=$(abspath $(BUILD)) tests/tsan/run.sh $(threaded)

golden: all $(BUILD)/aid/golden	## write the reports that tests/cli/golden.bats expects
	@tests/golden/make.sh $(abspath $(BUILD)) tests/golden

bench: all $(aid)	## the benchmarks, as ratios: slow, and noisy on a busy machine
	@BUILD=$(abspath $(BUILD)) tests/bench/run.sh

install: all	## install below $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib $(DESTDIR)$(PREFIX)/share
	install -m755 $(progs:%=$(bin)/%) $(DESTDIR)$(PREFIX)/bin
	cp -r $(lib) $(DESTDIR)$(PREFIX)/lib
	cp -r $(share) $(DESTDIR)$(PREFIX)/share
	install -Dm644 -t $(DESTDIR)$(PREFIX)/share/man/man1 $(manuals)
	install -Dm644 tracing/completion.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/holdup
	install -Dm644 tracing/holdup.h $(DESTDIR)$(PREFIX)/include/holdup.h
	install -d $(DESTDIR)$(PREFIX)/lib/pkgconfig
	sed 's|@PREFIX@|$(PREFIX)|' tracing/holdup.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/holdup.pc

uninstall:	## take it away again
	rm -rf $(DESTDIR)$(PREFIX)/lib/holdup $(DESTDIR)$(PREFIX)/share/holdup
	rm -f $(progs:%=$(DESTDIR)$(PREFIX)/bin/%) $(DESTDIR)$(PREFIX)/include/holdup.h \
		$(DESTDIR)$(PREFIX)/lib/pkgconfig/holdup.pc \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/holdup \
		$(addprefix $(DESTDIR)$(PREFIX)/share/man/man1/,$(notdir $(manuals)))

clean:	## remove the build tree
	rm -rf build

help:	## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile

-include $(wildcard $(foreach f,exe aid tsan pic,$(srcs:%.c=$(BUILD)/$(f)/%.d)))
