workloads.ban := lttng/|babeltrace2/|analysis/|plots/|tracing/(?!holdup\.h|base/)
packages += clang libclang-rt-14-dev

# One program per effect: NAME is made of NAME.c, with _ for -, and of what
# all of them share.
effects := convoy critical-section deadlock dest-file lost-update naive-sum \
	scope-guard
effect.src := workloads/common.c workloads/common_main.c tracing/base/opts.c \
	tracing/base/err.c
loads += $(effects)
$(foreach e,$(effects),$(eval $(e).src := workloads/$(subst -,_,$(e)).c $(effect.src)))
$(foreach e,$(effects),$(eval $(e).libs := -lm))
