analysis.ban := lttng/|plots/|workloads/|tracing/(?!schema\.h|base/)
packages += libbabeltrace2-dev babeltrace2 libdw-dev libelf-dev libjansson-dev libglib2.0-dev
# What the report is made of; then what gives it names, and how it is shown.
report.src := analysis/arena.c analysis/report.c analysis/select.c analysis/groups.c analysis/measure.c \
	analysis/findings.c analysis/findings_locks.c analysis/findings_kinds.c analysis/findings_run.c analysis/findings_cpu.c analysis/findings_stages.c analysis/findings_conditions.c \
	analysis/overhead.c analysis/units.c
report.pkgs := glib-2.0
names.src := analysis/names.c analysis/symbols.c analysis/symbols_binary.c analysis/symbols_data.c analysis/symbols_scopes.c
names.pkgs := libdw libelf glib-2.0
names.libs := -liberty
render.src := analysis/doc.c analysis/doc_text.c analysis/doc_html.c \
	analysis/render_doc.c analysis/render_summary.c analysis/render_locks.c \
	analysis/render_threads.c analysis/render_json.c analysis/render_json_run.c analysis/render_json_lock.c analysis/json_words.c
render.pkgs := glib-2.0 jansson
holdup.src += $(report.src) $(names.src) $(render.src)
holdup.pkgs += $(report.pkgs) $(names.pkgs) $(render.pkgs)
holdup.libs += $(names.libs)
packages += libiberty-dev
read.src := analysis/read_trace.c analysis/read_find.c analysis/read_graph.c analysis/read_decode.c analysis/read_clock.c \
	analysis/read_bind.c analysis/read_table.c analysis/read_batch.c analysis/read_queue.c \
	analysis/read_merge.c analysis/read_child.c analysis/read_wrapper.c analysis/read_open.c analysis/read_repair.c \
	analysis/read_metadata.c
read.pkgs := babeltrace2 glib-2.0
holdup.src += $(read.src)
holdup.pkgs += $(read.pkgs)
manifest.src := analysis/manifest.c analysis/manifest_check.c
manifest.pkgs := jansson glib-2.0
holdup.src += $(manifest.src)
holdup.pkgs += $(manifest.pkgs)
race.src := $(addprefix analysis/race/,pool.c frame.c parse.c parse_names.c rows.c stats.c plan.c program.c hang.c run.c \
	campaign.c link.c second.c verdict.c text.c json.c sarif.c settings.c)
holdup.src += analysis/race.c $(race.src)
manuals += analysis/man/holdup-race.1 analysis/man/holdup-whatif.1
libs += libholdup-shake
libholdup-shake.src := analysis/race/shake.c
manuals += analysis/man/holdup-report.1 analysis/man/holdup-diff.1 analysis/man/holdup-export.1
model.src := analysis/model.c analysis/model_name.c analysis/model_store.c analysis/model_thread.c \
	analysis/model_hold.c analysis/model_span.c analysis/model_lock.c analysis/model_blame.c analysis/model_object.c \
	analysis/model_sched.c analysis/model_call.c analysis/model_board.c analysis/model_fill.c \
	analysis/model_fill_lock.c analysis/model_fill_rows.c analysis/model_fill_open.c analysis/hist.c analysis/series.c \
	analysis/path.c analysis/path_fill.c analysis/path_sum.c analysis/order.c analysis/order_dead.c \
	analysis/replay.c analysis/replay_pool.c analysis/replay_cpu.c analysis/replay_lock.c \
	analysis/replay_threads.c analysis/replay_tape.c analysis/replay_script.c analysis/replay_marks.c analysis/replay_wakes.c analysis/replay_untold.c \
	analysis/replay_demand.c analysis/replay_judge.c analysis/replay_suggest.c
model.pkgs := glib-2.0
model.libs := -lm
whatif.src := analysis/whatif_cmd.c analysis/whatif_names.c analysis/whatif_print.c
holdup.src += $(model.src) analysis/check.c $(whatif.src)
holdup.libs += $(model.libs)
# From a directory to a report: all of the above. And the commands.
load.src := analysis/load.c $(report.src) $(names.src) $(read.src) $(manifest.src) $(model.src)
load.pkgs := $(report.pkgs) $(names.pkgs) $(read.pkgs) $(manifest.pkgs) $(model.pkgs)
load.libs := $(names.libs) $(model.libs)
holdup.src += analysis/load.c analysis/diff.c analysis/diff_condition.c analysis/diff_cmd.c analysis/report_cmd.c \
	analysis/export.c analysis/export_pprof.c analysis/export_perfetto.c analysis/export_cmd.c
# The analysis as a component of Babeltrace.
plugin := babeltrace2/plugins/babeltrace-plugin-holdup
libs += $(plugin)
$(plugin).src := analysis/plugin.c $(load.src) $(render.src) $(base.src)
$(plugin).pkgs := $(load.pkgs) $(render.pkgs)
$(plugin).libs := $(load.libs) $(base.libs)
