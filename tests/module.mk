tests.ban := none
packages += valgrind llvm
packages += gcc make pkg-config libc6-dev libcmocka-dev bats jq
tests += base_test
base_test.src := tests/unit/base_test.c $(base.src)
base_test.libs := $(base.libs)
base_test.pkgs := cmocka
tests += symbols_test
symbols_test.src := tests/unit/symbols_test.c analysis/symbols.c analysis/symbols_binary.c analysis/symbols_data.c analysis/symbols_scopes.c
symbols_test.libs := $(names.libs)
symbols_test.pkgs := cmocka $(names.pkgs)
tests += render_test
render_test.src := tests/unit/render_test.c tests/unit/sample_report.c $(report.src) $(render.src) $(base.src)
render_test.libs := $(base.libs)
render_test.pkgs := cmocka $(report.pkgs) $(render.pkgs)
aids += read_dump
read_dump.src := tests/aid/read_dump.c $(read.src) $(base.src)
read_dump.pkgs := $(read.pkgs)
read_dump.libs := $(base.libs)
# Writes traces of known truth; for tests of all that reads them.
synth.src := tests/synth.c tests/synth_part.c tests/synth_class.c tests/scratch.c
tests += read_test
read_test.src := tests/unit/read_test.c $(synth.src) $(read.src) $(base.src)
read_test.pkgs := cmocka $(read.pkgs)
read_test.libs := $(base.libs)
tests += manifest_test
manifest_test.src := tests/unit/manifest_test.c tests/scratch.c $(manifest.src) $(base.src) \
	analysis/arena.c analysis/report.c
manifest_test.pkgs := cmocka $(manifest.pkgs)
manifest_test.libs := $(base.libs)
races := publication double-checked reference-count stop-flag ring wrong-lock upgrade missed-signal \
	destruction lost-wakeup signal-handler fork-threads embrace lock-order thread-leak double-unlock destroyed-mutex
$(foreach r,$(races),$(eval $(r).src := tests/race/corpus/$(r).c))
# Programs with one problem each, and innocents that look alike.
corpus := calm convoy deadlock false_sharing hot_section idle inversion io_under_lock \
	lock_destroyed_held lock_held_at_exit long_section \
	lost_wakeup nested_wait oversubscription preempted_holder serial_phase sleep_under_lock slow_consumer spinning unbalanced \
	wakeup_storm writer_starved yield_under_lock
aids += $(corpus:%=corpus_%)
$(foreach c,$(corpus),$(eval corpus_$(c).src := tests/corpus/$(c).c))
tests += findings_test
findings_test.src := tests/unit/findings_test.c $(report.src) $(base.src)
findings_test.libs := $(base.libs)
findings_test.pkgs := cmocka $(report.pkgs)
tests += diff_test
diff_test.src := tests/unit/diff_test.c tests/unit/sample_report.c analysis/diff.c analysis/diff_condition.c $(report.src) $(base.src)
diff_test.libs := $(base.libs)
diff_test.pkgs := cmocka $(report.pkgs)
# Feeds the model with events made by hand.
feed.src := tests/feed.c analysis/check.c analysis/arena.c analysis/report.c $(model.src) $(base.src)
tests += model_test
model_test.src := tests/unit/model_test.c $(feed.src)
model_test.pkgs := cmocka $(model.pkgs)
model_test.libs := $(model.libs) $(base.libs)
tests += condition_test
condition_test.src := tests/unit/condition_test.c $(filter-out analysis/arena.c analysis/report.c,$(report.src)) $(feed.src)
condition_test.pkgs := cmocka $(model.pkgs) $(report.pkgs)
condition_test.libs := $(model.libs) $(base.libs)
tests += race_parse_test race_verdict_test race_link_test
race_link_test.src := tests/unit/race_link_test.c \
	$(addprefix analysis/race/,pool.c rows.c frame.c link.c)
race_link_test.pkgs := cmocka glib-2.0
race_parse_test.src := tests/unit/race_parse_test.c $(addprefix analysis/race/,pool.c frame.c parse.c parse_names.c rows.c)
race_parse_test.pkgs := cmocka glib-2.0
race_verdict_test.src := tests/unit/race_verdict_test.c \
	$(addprefix analysis/race/,pool.c rows.c stats.c verdict.c)
race_verdict_test.pkgs := cmocka glib-2.0
race_verdict_test.libs := -lm
aids += trace_gen
trace_gen.src := tests/bench/trace_gen.c $(synth.src) analysis/read_table.c
trace_gen.pkgs := $(read.pkgs)
aids += damage
damage.src := tests/fuzz/damage.c $(read.src) $(base.src)
damage.pkgs := $(read.pkgs)
damage.libs := $(base.libs)
tests += damage_test
damage_test.src := tests/unit/damage_test.c $(synth.src) $(read.src) $(base.src)
damage_test.pkgs := cmocka $(read.pkgs)
damage_test.libs := $(base.libs)
# For the end-to-end tests: a program of known counts, and the invariants.
aids += shards
shards.src := tests/aid/shards.c
aids += primes check_report
primes.src := tests/aid/primes.c
check_report.src := tests/aid/check_report.c analysis/check.c $(load.src) $(base.src)
check_report.pkgs := $(load.pkgs)
check_report.libs := $(load.libs) $(base.libs)
packages += bpftrace pigz
tests += sample_test scaling_test lesson_test
sample_test.src := tests/unit/sample_test.c workloads/sample.c
sample_test.libs := -lm
sample_test.pkgs := cmocka
scaling_test.src := tests/unit/scaling_test.c workloads/scaling.c
scaling_test.libs := -lm
scaling_test.pkgs := cmocka
lesson_test.src := tests/unit/lesson_test.c $(lesson.src) $(base.src)
lesson_test.libs := $(base.libs)
lesson_test.pkgs := cmocka $(lesson.pkgs)
tests += figures_test
figures_test.src := tests/unit/figures_test.c $(lesson.src) $(base.src)
figures_test.libs := $(base.libs)
figures_test.pkgs := cmocka $(lesson.pkgs)
# Random schedules of known truth.
tests += model_random_test
model_random_test.src := tests/unit/model_random_test.c tests/rehearsal.c tests/rehearsal_truth.c $(feed.src)
model_random_test.pkgs := cmocka $(model.pkgs)
model_random_test.libs := $(model.libs) $(base.libs)
# Prints every result and failure of the interposed calls, to be compared.
aids += conform
conform.src := $(patsubst %,tests/aid/conform/%.c,main locks objects threads io)
# The recorder's parts. Reading back is the reader's business.
tests += ctf_test board_read_test recorder_test
ctf_test.src := tests/unit/ctf_test.c tests/scratch.c $(addprefix tracing/recorder/,ctf.c clock.c) \
	$(read.src) $(base.src)
ctf_test.pkgs := cmocka glib-2.0 $(read.pkgs)
ctf_test.libs := $(base.libs)
board_read_test.src := tests/unit/board_read_test.c tests/scratch.c $(read.src) $(base.src) \
	$(addprefix tracing/recorder/,ctf.c clock.c ids.c board_trace.c board_read.c board_slots.c)
board_read_test.pkgs := cmocka glib-2.0 $(read.pkgs)
board_read_test.libs := $(base.libs)
recorder_test.src := tests/unit/recorder_test.c tests/scratch.c $(base.src) $(addprefix tracing/recorder/,\
	clock.c ctf.c rings.c rings_decode.c tree.c sched.c rundir.c outdir.c ustdir.c logbook.c target.c barrier.c)
recorder_test.pkgs := cmocka glib-2.0 jansson
recorder_test.libs := $(base.libs)
tests += sched_test
sched_test.src := tests/unit/sched_test.c tests/scratch.c $(addprefix tracing/recorder/,\
	clock.c ctf.c tree.c sched.c) $(read.src) $(base.src)
sched_test.pkgs := cmocka glib-2.0 $(read.pkgs)
sched_test.libs := $(base.libs)
aids += lockbench
lockbench.src := tests/bench/lockbench.c
include tests/fuzz/fuzz.mk
tests += destroy_test
destroy_test.src := tests/unit/destroy_test.c $(feed.src)
destroy_test.pkgs := cmocka $(model.pkgs)
destroy_test.libs := $(model.libs) $(base.libs)
tests += order_test hist_test replay_test replay_changes_test replay_untold_test replay_kernel_test
replay_changes_test.src := tests/unit/replay_changes_test.c $(feed.src)
replay_changes_test.pkgs := cmocka $(model.pkgs)
replay_changes_test.libs := $(model.libs) $(base.libs)
replay_untold_test.src := tests/unit/replay_untold_test.c $(feed.src)
replay_untold_test.pkgs := cmocka $(model.pkgs)
replay_untold_test.libs := $(model.libs) $(base.libs)
replay_kernel_test.src := tests/unit/replay_kernel_test.c $(feed.src)
replay_kernel_test.pkgs := cmocka $(model.pkgs)
replay_kernel_test.libs := $(model.libs) $(base.libs)
order_test.src := tests/unit/order_test.c $(feed.src)
order_test.pkgs := cmocka $(model.pkgs)
order_test.libs := $(model.libs) $(base.libs)
hist_test.src := tests/unit/hist_test.c analysis/hist.c analysis/series.c analysis/arena.c
hist_test.pkgs := cmocka $(model.pkgs)
hist_test.libs := $(model.libs)
replay_test.src := tests/unit/replay_test.c tests/rehearsal.c $(feed.src)
replay_test.pkgs := cmocka $(model.pkgs)
replay_test.libs := $(model.libs) $(base.libs)
tests += names_test
names_test.src := tests/unit/names_test.c $(names.src) $(report.src) $(base.src)
names_test.libs := $(names.libs) $(base.libs)
names_test.pkgs := cmocka $(names.pkgs) $(report.pkgs)
# Programs that are hard to record.
aids += programs
programs.src := tests/aid/programs.c
tests += model_nonsense_test
model_nonsense_test.src := tests/unit/model_nonsense_test.c $(feed.src)
model_nonsense_test.pkgs := cmocka $(model.pkgs)
model_nonsense_test.libs := $(model.libs) $(base.libs)
tests += interposer_board_test
interposer_board_test.src := tests/unit/interposer_board_test.c tests/scratch.c $(base.src) \
	$(addprefix tracing/interposer/,board.c clock.c)
interposer_board_test.pkgs := cmocka glib-2.0
interposer_board_test.libs := $(base.libs)
tests += path_test
path_test.src := tests/unit/path_test.c $(feed.src)
path_test.pkgs := cmocka $(model.pkgs)
path_test.libs := $(model.libs) $(base.libs)
tests += run_test
run_test.src := tests/unit/run_test.c $(feed.src)
run_test.pkgs := cmocka $(model.pkgs)
run_test.libs := $(model.libs) $(base.libs)
tests += late_test
late_test.src := tests/unit/late_test.c $(feed.src)
late_test.pkgs := cmocka $(model.pkgs)
late_test.libs := $(model.libs) $(base.libs)
aids += rights
rights.src := tests/aid/rights.c
# Traces that others write, or nobody.
tests += foreign_test
foreign_test.src := tests/unit/foreign_test.c tests/raw_ctf.c $(synth.src) $(read.src) $(base.src)
foreign_test.pkgs := cmocka $(read.pkgs)
foreign_test.libs := $(base.libs)
tests += findings_lock_test
findings_lock_test.src := tests/unit/findings_lock_test.c $(report.src) $(base.src)
findings_lock_test.libs := $(base.libs)
findings_lock_test.pkgs := cmocka $(report.pkgs)
tests += model_ensemble_test
model_ensemble_test.src := tests/unit/model_ensemble_test.c tests/ensemble.c tests/ensemble_plan.c tests/ensemble_objects.c tests/ensemble_board.c \
	tests/ensemble_truth.c $(feed.src)
model_ensemble_test.pkgs := cmocka $(model.pkgs)
model_ensemble_test.libs := $(model.libs) $(base.libs)
# The recording behind tests/golden/.
aids += golden
golden.src := tests/aid/golden.c $(synth.src) analysis/read_table.c
golden.pkgs := $(read.pkgs)
aids += processes
processes.src := tests/aid/processes.c
# All of the interposer but how threads and processes begin, which belongs to
# ThreadSanitizer there.
tests += interposer_race_test
interposer_race_test.src := tests/unit/interposer_race_test.c tests/scratch.c $(filter-out \
	$(addprefix tracing/interposer/,threads.c c11.c fork.c exec.c),$(libholdup.src))
interposer_race_test.pkgs := cmocka lttng-ust glib-2.0
interposer_race_test.libs := -llttng-ust-common -ldl -lgcc_s
aids += refuse
refuse.src := tests/aid/refuse.c
