#!/usr/bin/env bash
# YAML in Go: version 3 makes numbers fit an integer field where version 4 and JSON refuse them: 2.9 is 2, and -1.5 in an
# unsigned field is 18446744073709551615.
#
# Version     go.yaml.in/yaml/v3 v3.0.6, go.yaml.in/yaml/v4 v4.0.0, github.com/goccy/go-yaml v1.19.2; go1.26 on amd64
# Behaviour   v3 reads a number with a point, an exponent or too many digits as a float64 and converts that to the type of the
#             field. The fraction goes; a negative one in an unsigned field wraps; 2^63 and 2^64 pass the check of the range,
#             for its limit is itself rounded up to a float64. KnownFields changes nothing. goccy does so too, Strict or not,
#             but for negatives. v4.0.0 refuses all of these (its candidate v4.0.0-rc.3 did not), and still takes a float
#             beyond 2^53 that lost its last digit before. 010 is 8 with all three, and 080 is 80: an 8 is no octal digit, so
#             that is a float.
# Why         "The decoder refuses what is no integer" is what people know from encoding/json. With v3 a memory of 0.5 becomes
#             0, which often means no limit, and a count of -1.5 becomes one that passes every check for a minimum. The step
#             to v4 in turn refuses files that have worked until then. Decode into a type that looks at the node's tag
#             (!!int), or go by way of encoding/json.
# Seen        2026-11-30, three times:
#             number and type: yaml v3, yaml v4, goccy, encoding/json
#             2.9 in int: 2 error 2 error
#             0.5 in int: 0 error 0 error
#             9007199254740993.0 in int: 9007199254740992 9007199254740992 9007199254740992 error
#             9223372036854775808.0 in int: -9223372036854775808 error -9223372036854775808 error
#             -1 in uint64: error error error error
#             -1.5 in uint64: 18446744073709551615 error error error
#             18446744073709551616 in uint64: 9223372036854775808 error 9223372036854775808 error
#             010 in int: 8 8 8 error
#             080 in int: 80 80 80 error
set -euo pipefail
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<'END'
module finding

go 1.25

require (
	github.com/goccy/go-yaml v1.19.2
	go.yaml.in/yaml/v3 v3.0.6
	go.yaml.in/yaml/v4 v4.0.0
)
END
cat >main.go <<'END'
package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	goccy "github.com/goccy/go-yaml"
	yaml3 "go.yaml.in/yaml/v3"
	yaml4 "go.yaml.in/yaml/v4"
)

type document[T any] struct {
	N T `yaml:"n" json:"n"`
}

func read[T any](number string) {
	row := fmt.Sprintf("%s in %T:", number, *new(T))
	in := []byte("n: " + number)
	for _, decode := range []func(any) error{
		func(to any) error {
			d := yaml3.NewDecoder(bytes.NewReader(in))
			d.KnownFields(true)
			return d.Decode(to)
		},
		func(to any) error { return yaml4.Unmarshal(in, to) },
		func(to any) error { return goccy.UnmarshalWithOptions(in, to, goccy.Strict()) },
		func(to any) error { return json.Unmarshal([]byte(`{"n": `+number+`}`), to) },
	} {
		var to document[T]
		if err := decode(&to); err != nil {
			row += " error"
		} else {
			row += fmt.Sprint(" ", to.N)
		}
	}
	fmt.Println(row)
}

func main() {
	read[int]("2.9")
	read[int]("0.5")
	read[int]("9007199254740993.0")
	read[int]("9223372036854775808.0")
	read[uint64]("-1")
	read[uint64]("-1.5")
	read[uint64]("18446744073709551616")
	read[int]("010")
	read[int]("080")
}
END
go mod tidy >log 2>&1 || { cat log >&2; exit 1; }
# What is out of range converts in another way on other CPUs.
[ "$(go env GOHOSTARCH)" = amd64 ] || { echo "this is compared on amd64 alone" >&2; exit 1; }
want='number and type: yaml v3, yaml v4, goccy, encoding/json
2.9 in int: 2 error 2 error
0.5 in int: 0 error 0 error
9007199254740993.0 in int: 9007199254740992 9007199254740992 9007199254740992 error
9223372036854775808.0 in int: -9223372036854775808 error -9223372036854775808 error
-1 in uint64: error error error error
-1.5 in uint64: 18446744073709551615 error error error
18446744073709551616 in uint64: 9223372036854775808 error 9223372036854775808 error
010 in int: 8 8 8 error
080 in int: 80 80 80 error'
got=$(echo "number and type: yaml v3, yaml v4, goccy, encoding/json" && go run .)
printf '%s\n' "$got"
[ "$got" = "$want" ] || { printf 'CHANGED; on 2026-11-30 it was:\n%s\n' "$want" >&2; exit 1; }
