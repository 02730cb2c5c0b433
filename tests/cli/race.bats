setup() {
	bats_require_minimum_version 1.5.0
	PATH="$BUILD/bin:$PATH"
	tsan=$BUILD/race/tsan
	plain=$BUILD/race/plain
	cd "$BATS_TEST_TMPDIR" || exit
}

# The shapes of the corpus and what is to be found in each.
corpus() { grep -v '^#' "$BATS_TEST_DIRNAME/../race/expected.tsv"; }

@test "every racy shape of the corpus is found, by its kind" {
	while read -r shape kind; do
		limits="--runs 6"
		[ "$kind" != deadlock ] || limits="--runs 2 --time-limit 8s"
		# shellcheck disable=SC2086  # words on purpose
		run -1 holdup race $limits --format json "$tsan/$shape" racy
		jq -e --arg kind "$kind" '.verdict == "races" and any(.races[]; .kind == $kind)' \
			<<<"$output" >/dev/null || { echo "$shape"; return 1; }
	done < <(corpus)
}

@test "every fixed shape of the corpus is clean" {
	while read -r shape _; do
		run -0 holdup race --runs 6 --format json "$tsan/$shape" fixed
		jq -e '.verdict == "clean" and .runs == 6 and .races == []' <<<"$output" >/dev/null ||
			{ echo "$shape"; return 1; }
	done < <(corpus)
}

@test "both accesses are told with function, file, line and locks" {
	run -1 holdup race --runs 3 --format json "$tsan/wrong-lock" racy
	jq -e '.races[0] | .kind == "data-race" and .variable == "balance" and .seen_in == 3 and
		.first_seed == 1 and (.accesses | length == 2) and
		(.accesses | map([.operation, .function, .locks[0]]) | sort) ==
			[["read", "audit", "journal"], ["write", "deposit", "accounts"]] and
		all(.accesses[]; (.file | endswith("wrong-lock.c")) and .line > 0)' <<<"$output"
}

@test "a fix that holds is confirmed, with its evidence" {
	run -0 holdup race --before "$tsan/wrong-lock racy" --format json -- "$tsan/wrong-lock" fixed
	jq -e '.verdict == "confirmed" and .before.runs >= 10 and .runs >= .evidence[0].clean_runs_needed and
		.evidence[0].seen_after == 0 and .miss <= 0.01' <<<"$output"
}

@test "a fix that does not hold exits 1: not fixed, or a new race" {
	run -1 holdup race --before "$tsan/wrong-lock racy" --format json -- "$tsan/wrong-lock" racy
	[ "$(jq -r .verdict <<<"$output")" = not-fixed ]
	run -1 holdup race --before "$tsan/wrong-lock racy" --format json -- "$tsan/stop-flag" racy
	[ "$(jq -r .verdict <<<"$output")" = new-race ]
}

@test "too few runs for the confidence asked for are inconclusive" {
	run -4 holdup race --runs 2 --before "$tsan/wrong-lock racy" -- "$tsan/wrong-lock" fixed
	[[ "$output" == *"Verdict: inconclusive: "*"too few"* ]]
}

@test "nothing found before leaves nothing to compare with" {
	run -4 holdup race --runs 4 --before "$tsan/wrong-lock fixed" -- "$tsan/wrong-lock" fixed
	[[ "$output" == *"Verdict: inconclusive: nothing was found"* ]]
}

@test "a program without ThreadSanitizer gets the flags to compile it with" {
	run -3 --separate-stderr holdup race "$plain/wrong-lock" racy
	[ "$output" = "" ]
	# shellcheck disable=SC2154  # set by run
	[[ "$stderr" == "holdup: '$plain/wrong-lock' is not built with ThreadSanitizer: "*-fsanitize=thread* ]]
	[[ "$stderr" != *$'\n'* ]]
}

@test "no such program exits 3, a wrong option 2" {
	run -3 --separate-stderr holdup race ./nowhere
	[ "$stderr" = "holdup: no program './nowhere'" ]
	run -2 holdup race --runs 0 true
	run -2 holdup race --confidence 2 true
	run -2 holdup race --format xml true
	run -2 holdup race
	run -2 holdup race --time-limit 0 true
	run -3 --separate-stderr holdup race --suppressions nowhere "$tsan/ring"
	[ "$stderr" = "holdup: cannot read 'nowhere': No such file or directory" ]
	run -3 holdup race --before "'" -- "$tsan/ring" fixed
}

@test "a script is tried out, and refused if it runs nothing of the kind" {
	printf '#!/bin/sh\nexec "%s" "$@"\n' "$tsan/wrong-lock" >good
	printf '#!/bin/sh\nexit 0\n' >bad
	chmod +x good bad
	run -1 holdup race --runs 3 ./good racy
	run -3 --separate-stderr holdup race --runs 3 ./bad
	[[ "$stderr" == *"'./bad' runs nothing that is built with ThreadSanitizer"* ]]
}

@test "a run beyond its limit is a hang, not a race" {
	printf '#!/bin/sh\n"%s" fixed\nexec sleep 60\n' "$tsan/ring" >slow
	chmod +x slow
	run -4 holdup race --runs 2 --time-limit 5s --format json ./slow
	jq -e '.verdict == "inconclusive" and .hung == 2 and .runs == 2 and .races[0].kind == "hang"' <<<"$output"
}

@test "suppressions are passed through and counted" {
	echo race:audit >suppressions
	run -0 holdup race --runs 4 --suppressions suppressions --format json "$tsan/wrong-lock" racy
	jq -e '.races == [] and .suppressed == 4' <<<"$output"
}

@test "the user's TSAN_OPTIONS are respected" {
	TSAN_OPTIONS=report_bugs=0 run -0 holdup race --runs 2 "$tsan/wrong-lock" racy
}

@test "{seed} in an argument is the seed of the run" {
	# shellcheck disable=SC2016  # for the script
	printf '#!/bin/sh\necho "$1" >>seeds\n"%s" fixed\n' "$tsan/ring" >tell
	chmod +x tell
	run -0 holdup race --runs 3 --seed 41 ./tell 's{seed}'
	[ "$(sort seeds | tr '\n' ' ')" = "s41 s42 s43 " ]
}

@test "an end with another status is a sign, and doubt enough" {
	run -4 holdup race --runs 3 --format json "$tsan/ring" wrong
	jq -e '.races[0].kind == "status" and .races[0].variable == "2" and .failed == 3' <<<"$output"
	jq -e '.races[0].said | contains("usage")' <<<"$output"
}

@test "the raw reports are kept where asked" {
	run -1 holdup race --runs 2 --logs logs "$tsan/wrong-lock" racy
	grep -q "WARNING: ThreadSanitizer" logs/1/tsan.* logs/2/tsan.*
}

@test "SARIF has both threads as flows and what the standard requires" {
	run -1 holdup race --runs 2 --format sarif -o races.sarif "$tsan/wrong-lock" racy
	[ "$output" = "" ]
	jq -e '.version == "2.1.0" and (."$schema" | endswith("sarif-schema-2.1.0.json")) and
		(.runs | length) == 1 and (.runs[0].tool.driver | .name and .version and
			(.rules | map(.id) | (unique | length) == length))' races.sarif
	jq -e '.runs[0] as $run | $run.results | length == 1 and all(.[];
		$run.tool.driver.rules[.ruleIndex].id == .ruleId and .message.text and .level == "error" and
		all(.locations[]; .physicalLocation | .artifactLocation.uri and .region.startLine > 0) and
		(.codeFlows | length == 1) and (.codeFlows[0].threadFlows | length == 2) and
		all(.codeFlows[0].threadFlows[]; (.locations | length > 0) and
			all(.locations[]; .location.message.text)))' races.sarif
}

@test "no run leaves anything behind" {
	export TMPDIR=$PWD/scratch
	mkdir scratch
	run -1 holdup race --runs 2 "$tsan/wrong-lock" racy
	[ -z "$(ls scratch)" ]
}

@test "a second detector is asked on the plain build, and has to agree" {
	run -0 holdup race --runs 3 --second helgrind --plain "$plain/upgrade fixed" --format json \
		"$tsan/upgrade" fixed
	jq -e '.second | .tool == "helgrind" and .runs == 3 and .errors == []' <<<"$output"
	run -4 holdup race --runs 3 --second drd --plain "$plain/wrong-lock racy" --format json \
		"$tsan/wrong-lock" fixed
	jq -e '.verdict == "inconclusive" and (.second.errors | length) > 0' <<<"$output"
	run -3 holdup race --runs 1 --second drd --plain "$tsan/ring fixed" "$tsan/ring" fixed
	run -2 holdup race --runs 1 --second drd "$tsan/ring" fixed
	run -2 holdup race --second lint "$tsan/ring" fixed
}

@test "a deadlock names the locks and who holds them" {
	run -1 holdup race --runs 1 --time-limit 8s --format json "$tsan/embrace" racy
	jq -e '.hung == 1 and (.races[0] | .kind == "deadlock" and .variable == "cup, spoon" and
		.accesses[0].operation == "waits for \u0027cup\u0027, held by thread 2" and
		.accesses[1].operation == "waits for \u0027spoon\u0027, held by thread 1")' <<<"$output"
}

@test "a lost wake-up names the condition that nobody signals" {
	run -4 holdup race --runs 1 --time-limit 8s --format json "$tsan/lost-wakeup" racy
	jq -e '.hung == 1 and (.races[0] | .kind == "hang" and .variable == "bell" and
		.accesses[0].operation == "waits for \u0027bell\u0027, which nobody signals")' <<<"$output"
	run -0 holdup race --runs 3 "$tsan/lost-wakeup" fixed
}
