analysis.ban := lttng/|plots/|workloads/|tracing/(?!schema\.h|base/)
packages += libbabeltrace2-dev babeltrace2 libdw-dev libelf-dev libjansson-dev libglib2.0-dev
holdup.src += analysis/arena.c analysis/report.c analysis/symbols_data.c
holdup.src += analysis/symbols.c analysis/names.c analysis/groups.c analysis/measure.c analysis/findings.c \
	analysis/findings_locks.c analysis/findings_run.c \
	analysis/units.c analysis/doc.c analysis/doc_text.c
holdup.pkgs += libdw libelf glib-2.0 jansson
holdup.libs += -liberty
packages += libiberty-dev
