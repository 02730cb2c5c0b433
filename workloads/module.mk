workloads.ban := lttng/|babeltrace2/|analysis/|plots/|tracing/(?!holdup\.h|base/)
packages += clang libclang-rt-14-dev libcurl4-openssl-dev libmicrohttpd-dev libsqlite3-dev
packages += redis-server

# One program per effect: NAME is made of NAME.c, with _ for -, of what all of
# them share, and of the executors that it names.
effects := ackermann bounded-queue busy convoy cooperate critical-section deadlock \
	dest-file editor executors gil http-fetch io-pool lock-price lost-update \
	naive-sum oversubscribe parallel-map pool-size preempted-holder query-wait readers-writers \
	scope-guard scrape sum thread-cost thread-vs-process three-creations three-ways virtual-threads waits
effect.src := workloads/common.c workloads/common_main.c workloads/common_scratch.c tracing/base/opts.c \
	tracing/base/err.c
executor.src := workloads/executor.c workloads/executor_threads.c \
	workloads/executor_processes.c
loop.src := workloads/loop.c
coro.src := workloads/coro.c
cooperate.parts := $(coro.src)
executors.parts := $(executor.src)
http-fetch.parts := $(executor.src)
http-fetch.pkgs := libcurl libmicrohttpd
parallel-map.parts := $(executor.src)
pool-size.parts := $(executor.src)
query-wait.parts := workloads/database.c
query-wait.pkgs := sqlite3
three-creations.parts := $(executor.src)
gil.parts := workloads/interp.c
io-pool.parts := $(executor.src)
scrape.parts := $(executor.src) $(loop.src)
thread-cost.parts := $(executor.src) $(coro.src)
three-ways.parts := $(coro.src)
virtual-threads.parts := $(coro.src)
waits.parts := $(executor.src) $(loop.src)
loads += $(effects)
$(foreach e,$(effects),$(eval $(e).src := workloads/$(subst -,_,$(e)).c $(effect.src) $($(e).parts)))
$(foreach e,$(effects),$(eval $(e).libs := -lm))

# holdup lesson
lesson.src := workloads/lesson.c workloads/lesson_command.c workloads/lesson_events.c \
	workloads/lesson_figures.c \
	workloads/lesson_html.c \
	workloads/lesson_judge.c workloads/lesson_measure.c workloads/lesson_quiet.c \
	workloads/lesson_race.c workloads/lesson_run.c workloads/lesson_sweep.c \
	workloads/lesson_table.c workloads/lesson_table_cost.c \
	workloads/lesson_table_cpu.c workloads/lesson_table_io.c \
	workloads/lesson_table_lock.c workloads/lesson_table_race.c \
	workloads/lesson_text.c workloads/lesson_trace.c workloads/lesson_turns.c workloads/lesson_words.c \
	workloads/sample.c workloads/scaling.c workloads/spawn.c
lesson.pkgs := glib-2.0 jansson
holdup.src += $(lesson.src)
holdup.pkgs += $(lesson.pkgs)
packages += libglib2.0-dev libjansson-dev
manuals += workloads/man/holdup-lesson.1
