workloads.ban := lttng/|babeltrace2/|analysis/|plots/|tracing/(?!holdup\.h|base/)
packages += clang libclang-rt-14-dev
workload.src := workloads/common.c workloads/common_main.c tracing/base/opts.c \
	tracing/base/err.c
loads += convoy
convoy.src := workloads/convoy.c $(workload.src)
convoy.libs := -lm
