analysis.ban := lttng/|plots/|workloads/|tracing/(?!schema\.h|base/)
packages += libbabeltrace2-dev babeltrace2 libdw-dev libelf-dev libjansson-dev libglib2.0-dev
holdup.src += analysis/arena.c analysis/report.c
