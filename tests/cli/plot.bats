setup() {
	bats_require_minimum_version 1.5.0
	PATH="$BUILD/bin:$PATH"
	cd "$BATS_TEST_TMPDIR" || exit 1
}

@test "plot refuses what it does not know with status 2 and one line" {
	local bad
	for bad in "--kind nope" "--kind=" "--format gif" "--top x" "--top 0" "--from soon" \
		"--from 2s --to 1s" "--kind compare" "--kind sweep" \
		"--sweep x y" "--kind timeline x y"; do
		# shellcheck disable=SC2086  # words on purpose
		run -2 --separate-stderr holdup plot $bad
		[ "$output" = "" ]
		# shellcheck disable=SC2154  # set by run
		[[ "$stderr" == "holdup plot: "* ]]
		[ "$(wc -l <<<"$stderr")" = 1 ]
	done
	[ ! -e holdup.plots ]
}

@test "plot of what is no recording exits 3 and says which" {
	run -3 --separate-stderr holdup plot nowhere
	[[ "$stderr" == *"'nowhere'"* ]]
	[ "$(wc -l <<<"$stderr")" = 1 ]
	run -3 --separate-stderr holdup plot
	[[ "$stderr" == *"'holdup.trace'"* ]]
}

@test "plot --list names every kind that has a script" {
	local script
	run -0 holdup plot --list
	for script in "$BUILD"/share/holdup/plots/*.gp; do
		script=$(basename "$script" .gp)
		[ "$script" = style ] || grep -q "^$script " <<<"$output"
	done
	[ "$(wc -l <<<"$output")" = 13 ]
}

@test "a sweep is drawn where no language is set" {
	printf 'x\ty\n1\t2\n2\t3\n' >bare.tsv
	run -0 --separate-stderr env -i PATH="$PATH" \
		holdup plot --sweep bare.tsv -o bare
	[ "$stderr" = "" ]
	[ -s bare/sweep.png ]
}

@test "a sweep is drawn without a recording, and redrawn by its line" {
	printf 'x\ty\n1\t1\n2\t4\n' >in.tsv
	run -0 --separate-stderr holdup plot --sweep in.tsv -o out
	[ "$stderr" = "" ]
	[ "${lines[0]}" = "out/sweep.png" ]
	[ -s out/sweep.png ]
	rm out/sweep.png
	run -0 sh -c "${lines[1]#*redraw: }"
	[ "$output" = "" ]
	[ -s out/sweep.png ]
	run -0 holdup plot --sweep in.tsv -o out -f svg
	grep -q '</svg>' out/sweep.svg
}

@test "plot without gnuplot, or where it cannot write, exits 3 and says so" {
	printf 'x\ty\n1\t1\n' >in.tsv
	touch file
	run -3 --separate-stderr holdup plot --sweep in.tsv -o file/out
	[[ "$stderr" == "holdup plot: cannot make 'file/out': Not a directory" ]]
	run -3 --separate-stderr env PATH=/nowhere "$BUILD/bin/holdup" plot \
		--sweep in.tsv -o out
	[[ "$stderr" == "holdup plot: cannot run gnuplot: "* ]]
	[ ! -e out/sweep.png ]
}
