analysis.ban := lttng/|plots/|workloads/|tracing/(?!schema\.h|base/)
packages += libbabeltrace2-dev babeltrace2 libdw-dev libelf-dev libjansson-dev libglib2.0-dev
holdup.src += analysis/arena.c analysis/report.c analysis/symbols_data.c
holdup.src += analysis/symbols.c analysis/names.c analysis/groups.c analysis/measure.c analysis/findings.c \
	analysis/findings_locks.c analysis/findings_run.c \
	analysis/units.c analysis/doc.c analysis/doc_text.c
holdup.pkgs += libdw libelf glib-2.0 jansson
holdup.libs += -liberty
packages += libiberty-dev
read.src := analysis/read_trace.c analysis/read_find.c analysis/read_graph.c analysis/read_decode.c \
	analysis/read_bind.c analysis/read_table.c analysis/read_batch.c analysis/read_queue.c
read.pkgs := babeltrace2 glib-2.0
holdup.src += $(read.src)
holdup.pkgs += $(read.pkgs)
manifest.src := analysis/manifest.c
manifest.pkgs := jansson glib-2.0
holdup.src += $(manifest.src)
holdup.pkgs += $(manifest.pkgs)
race.src := $(addprefix analysis/race/,pool.c frame.c parse.c rows.c stats.c plan.c program.c hang.c run.c \
	campaign.c verdict.c text.c json.c sarif.c)
holdup.src += analysis/race.c $(race.src)
libs += libholdup-shake
libholdup-shake.src := analysis/race/shake.c
