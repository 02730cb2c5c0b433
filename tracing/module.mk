tracing.ban := babeltrace2/|analysis/|plots/|workloads/
packages += liblttng-ust-dev liblttng-ctl-dev lttng-tools
base.src := tracing/base/err.c tracing/base/opts.c tracing/base/paths.c
holdup.src += $(base.src)
base.libs := -lm
holdup.libs += $(base.libs)
