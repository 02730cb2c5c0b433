# Fuzzers, with clang's libFuzzer and sanitizers: `make fuzz`, then
# build/fuzz/NAME tests/fuzz/corpus/NAME. Tests run them over the corpus only.
fuzzers := events manifest repair
events.fuzz := $(load.src) $(render.src) analysis/check.c tests/fuzz/render.c
manifest.fuzz := $(load.src) $(render.src) tests/fuzz/render.c
repair.fuzz := analysis/read_repair.c analysis/read_metadata.c
fuzz_engine := fuzzer$(comma)
fuzz_pkgs := $(sort $(load.pkgs) $(render.pkgs))

.PHONY: fuzz
fuzz: $(fuzzers:%=$(BUILD)/fuzz/%)	## build the fuzzers

$(BUILD)/fuzz/%: tests/fuzz/%.c
	@mkdir -p $(@D)
	$(call say,FUZZ)$(CLANG) -std=gnu11 -D_GNU_SOURCE -I. -O1 -g -fno-omit-frame-pointer \
		-fsanitize=$(fuzz_engine)address,undefined -fno-sanitize=pointer-overflow -fno-sanitize-recover=all $(shell $(PKG) --cflags $(fuzz_pkgs)) \
		-o $@ $(filter %.c,$^) $(shell $(PKG) --libs $(fuzz_pkgs)) $(load.libs) -lm
# tests/fuzz/damage.c brings a main() of its own; it needs Babeltrace's input.
fuzz: $(BUILD)/fuzz/damage
damage.fuzz := $(read.src)
$(BUILD)/fuzz/damage: fuzz_engine :=
$(BUILD)/fuzz/damage: $(damage.fuzz) $(base.src)
define fuzzer
$(BUILD)/fuzz/$(1): $($(1).fuzz) $(base.src)
endef
$(foreach f,$(fuzzers),$(eval $(call fuzzer,$(f))))

# What was found once, as unit tests.
tests += fuzz_events_test fuzz_manifest_test fuzz_repair_test
fuzz_manifest_test.src := tests/fuzz/corpus_test.c tests/fuzz/manifest.c $(manifest.fuzz) $(base.src)
fuzz_manifest_test.pkgs := cmocka $(fuzz_pkgs)
fuzz_manifest_test.libs := $(load.libs) $(base.libs)
fuzz_events_test.src := tests/fuzz/corpus_test.c tests/fuzz/events.c $(events.fuzz) $(base.src)
fuzz_events_test.pkgs := cmocka $(fuzz_pkgs)
fuzz_events_test.libs := $(load.libs) $(base.libs)
fuzz_repair_test.src := tests/fuzz/corpus_test.c tests/fuzz/repair.c $(repair.fuzz)
fuzz_repair_test.pkgs := cmocka $(fuzz_pkgs)
