tracing.ban := babeltrace2/|analysis/|plots/|workloads/
packages += liblttng-ust-dev liblttng-ctl-dev lttng-tools
base.src := tracing/base/err.c tracing/base/opts.c tracing/base/output.c tracing/base/paths.c
holdup.src += $(base.src)
base.libs := -lm
holdup.libs += $(base.libs)

# The interposer. events.c first: its constructors register our tracepoints,
# process.c last: its constructor tells the first event.
libs += libholdup
libholdup.src := $(patsubst %,tracing/interposer/%.c,events tell clock board stack \
	real surroundings module ids thread section wait block mutex rwlock spin cond barrier once sem c11 \
	futex threads sleep fds io io_plain io_wait io_socket io_open fork \
	exec privileges hooks process)
libholdup.pkgs := lttng-ust
libholdup.libs := -llttng-ust-common -ldl -lgcc_s -Wl,--version-script=tracing/interposer/exports.map
$(BUILD)/pic/tracing/interposer/%.o: own += -fexceptions

# The recorder. liblttng-ctl is loaded when a recording starts (session.c).
recorder.src := $(patsubst %,tracing/recorder/%.c,clock ctf rings rings_decode tree sched \
	ids throttle board_trace board_read board_slots buffers rundir outdir ustdir daemon session calibrate preload logbook target \
	barrier keeper front record doctor)
holdup.src += $(recorder.src)
holdup.pkgs += glib-2.0 jansson
manuals += tracing/man/holdup.1 tracing/man/holdup-record.1 tracing/man/holdup-doctor.1
