workloads.ban := lttng/|babeltrace2/|analysis/|plots/|tracing/(?!holdup\.h|base/)
packages += clang libclang-rt-14-dev
