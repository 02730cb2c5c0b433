tracing.ban := babeltrace2/|analysis/|plots/|workloads/
packages += liblttng-ust-dev liblttng-ctl-dev lttng-tools
base.src := tracing/base/err.c tracing/base/opts.c tracing/base/paths.c
holdup.src += $(base.src)
base.libs := -lm
holdup.libs += $(base.libs)

# The interposer. events.c first: its constructors register our tracepoints,
# process.c last: its constructor tells the first event.
libs += libholdup
libholdup.src := $(patsubst %,tracing/interposer/%.c,events tell board stack \
	real thread section mutex rwlock cond threads sleep fds io io_plain \
	process)
libholdup.pkgs := lttng-ust
libholdup.libs := -ldl -lgcc_s -Wl,--version-script=tracing/interposer/exports.map
$(BUILD)/pic/tracing/interposer/%.o: own += -fexceptions
