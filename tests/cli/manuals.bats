# Every command has a page, every page its command and no formatting error,
# and each option that --help tells stands in the page.

setup() {
	bats_require_minimum_version 1.5.0
	PATH="$BUILD/bin:$PATH"
	cd "$BATS_TEST_DIRNAME/../.." || exit
}

commands() { holdup help | sed -n 's/^  \([a-z]*\)  .*/\1/p' | grep -vx help; }

@test "every command has a manual page, which the list of all names" {
	for command in $(commands); do
		ls ./*/man/holdup-"$command".1
		grep -q "holdup..$command (1)" tracing/man/holdup.1
	done
}

@test "every option of --help stands in the manual page" {
	for command in $(commands); do
		for option in $(holdup "$command" --help | grep -oE '^ +(-[a-z], )?--[a-z-]+' |
			grep -oE -- '--[a-z-]+' | grep -vxE -- '--(help|usage)'); do
			sed 's/\\-/-/g; s/\\f[A-Z]//g' ./*/man/holdup-"$command".1 | grep -q -- "$option" ||
				{ echo "$command $option"; return 1; }
		done
	done
}

@test "manual pages are formatted without a complaint" {
	command -v man >/dev/null || skip "no man"
	for page in ./*/man/*.1; do
		run -0 --separate-stderr man --warnings -E UTF-8 -l "$page"
		# shellcheck disable=SC2154  # set by run
		[ -z "$stderr" ] || { echo "$page: $stderr"; return 1; }
	done
}

@test "the manual explains every kind of finding, and no other" {
	sed -n '/^.SH FINDINGS/,/^.SH EXIT/s/^\.B //p' \
		analysis/man/holdup-report.1 | sed 's/\\-/-/g' | sort \
		>"$BATS_TEST_TMPDIR/told"
	# In the rules, words in quotes that are no kinds are none of these.
	grep -ohE '"[a-z]+(-[a-z]+)*"' analysis/findings*.c | tr -d '"' |
		sort -u | grep -vxE 'at|computing|in|lock|mutex|s' \
		>"$BATS_TEST_TMPDIR/made"
	diff "$BATS_TEST_TMPDIR/told" "$BATS_TEST_TMPDIR/made"
}
