plots.ban := lttng/|babeltrace2/|workloads/|tracing/(?!schema\.h|base/)|analysis/(?!report\.h|load\.h|select\.h)
packages += gnuplot-nox fonts-dejavu-core graphviz
plot_kinds := timeline locks waits heat matrix utilization concurrency breakdown path overhead \
	order compare sweep
plots.src := plots/plot.c plots/table.c plots/layout.c plots/layout_locks.c \
	plots/graph.c plots/timeline_marks.c $(plot_kinds:%=plots/%.c)
holdup.src += plots/command.c $(plots.src)
holdup.pkgs += glib-2.0
data += plots/style.gp $(plot_kinds:%=plots/%.gp)

aids += plotshapes
plotshapes.src := tests/unit/plot_shapes_main.c tests/unit/plot_shapes.c tests/unit/plot_sim.c \
	analysis/arena.c analysis/report.c analysis/select.c $(plots.src) $(base.src)
plotshapes.libs := $(base.libs)
plotshapes.pkgs := glib-2.0

packages += libpng-dev
tests += plot_table_test plot_sums_test plot_draw_test
plot_tested.src := tests/unit/plot_tsv.c tests/unit/plot_shapes.c tests/unit/plot_sim.c tests/scratch.c \
	analysis/arena.c analysis/report.c analysis/select.c $(plots.src) $(base.src)
plot_table_test.src := tests/unit/plot_table_test.c $(plot_tested.src)
plot_sums_test.src := tests/unit/plot_sums_test.c $(plot_tested.src)
plot_draw_test.src := tests/unit/plot_draw_test.c $(plot_tested.src)
plot_table_test.pkgs := cmocka glib-2.0
plot_sums_test.pkgs := cmocka glib-2.0
plot_draw_test.pkgs := cmocka glib-2.0 libpng
plot_table_test.libs := $(base.libs)
plot_sums_test.libs := $(base.libs)
plot_draw_test.libs := $(base.libs)
manuals += plots/man/holdup-plot.1
