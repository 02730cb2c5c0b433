plots.ban := lttng/|babeltrace2/|workloads/|tracing/(?!schema\.h|base/)|analysis/(?!report\.h|load\.h)
packages += gnuplot-nox fonts-dejavu-core graphviz
plot_kinds := timeline locks waits heat matrix utilization concurrency breakdown path overhead \
	order compare sweep
plots.src := plots/plot.c plots/table.c plots/layout.c plots/graph.c $(plot_kinds:%=plots/%.c)
holdup.src += $(plots.src)
holdup.pkgs += glib-2.0
data += plots/style.gp $(plot_kinds:%=plots/%.gp)

aids += plotshapes
plotshapes.src := tests/unit/plot_shapes_main.c tests/unit/plot_shapes.c \
	analysis/arena.c analysis/report.c $(plots.src) $(base.src)
plotshapes.libs := $(base.libs)
plotshapes.pkgs := glib-2.0
