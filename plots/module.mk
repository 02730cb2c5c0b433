plots.ban := lttng/|babeltrace2/|workloads/|tracing/(?!schema\.h|base/)|analysis/(?!report\.h|load\.h)
packages += gnuplot-nox fonts-dejavu-core
