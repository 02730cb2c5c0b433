# A recording of known truth, whose whole report is known too: what changes it
# is meant to, or wrong. `make golden` writes what is expected anew.

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	golden=$BATS_TEST_DIRNAME/../golden
	"$golden/make.sh" "$BUILD" .
}

@test "the report as text is the golden one" {
	diff "$golden/report.txt" report.txt
}

@test "the report as JSON is the golden one" {
	diff <(jq -S . "$golden/report.json") <(jq -S . report.json)
}

@test "the golden report has every key of the schema, with its meaning" {
	jq -r -f "$golden/schema.jq" report.json | tee wrong.txt
	[ ! -s wrong.txt ]
}
