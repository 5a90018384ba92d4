package filter

import (
	"strings"
	"testing"
)

func TestMatches(t *testing.T) {
	const object = `{"level":"error","status":503,"ms":12.5,"ok":false,"user":null,"tags":["a","b"],"o":{"ip":"10.0.0.7","my name":"x"},"list":[{"n":1},{"n":2}]}`
	const access = `127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534`
	for _, test := range []struct {
		pattern, message string
		want             bool
	}{
		{"", "anything", true},
		{"ERROR", "[ERROR 400] BAD REQUEST", true},
		{"ERROR", "error", false},
		{"ERROR REQUEST", "[ERROR 400] BAD REQUEST", true},
		{"ERROR MISSING", "[ERROR 400] BAD REQUEST", false},
		{"?ERROR ?WARN", "WARN x", true},
		{"?ERROR ?WARN", "INFO x", false},
		{"ERROR -EXITING", "ERROR EXITING", false},
		{"ERROR -EXITING", "ERROR", true},
		{"-DEBUG", "INFO", true},
		{`"BAD REQUEST"`, "[ERROR 400] BAD REQUEST", true},
		{`"BAD  REQUEST"`, "[ERROR 400] BAD REQUEST", false},
		{`-"a b" c`, "a b c", false},
		{`"say \"hi\" \\"`, `say "hi" \`, true},
		{`%5\d\d%`, "status 503", true},
		{`%5\d\d%`, "status 404", false},
		{`ERROR %code=\d+%`, "ERROR code=7", true},
		{"größe", "die größe", true},

		{`{ $.level = "error" }`, object, true},
		{`{ $.level = "err*" }`, object, true},
		{`{ $.level = "*r*o*" }`, object, true},
		{`{ $.level = error }`, object, true},
		{`{ $.level != "error" }`, object, false},
		{`{ $.level != "info" }`, object, true},
		{`{ $.missing != "info" }`, object, false},
		{`{ $.missing NOT EXISTS }`, object, true},
		{`{ $.level NOT EXISTS }`, object, false},
		{`{ $.status = 503 }`, object, true},
		{`{ $.status = 5* }`, object, true},
		{`{ $.status >= 500 && $.ms < 13 }`, object, true},
		{`{ $.status >= 504 || $.ms > 13 }`, object, false},
		{`{ ($.status >= 504 || $.ms > 12) && $.ok IS FALSE }`, object, true},
		{`{ $.status = 1 && $.status = 2 || $.ms = 12.5 }`, object, true},
		{`{ $.user IS NULL }`, object, true},
		{`{ $.ok IS TRUE }`, object, false},
		{`{ $.tags[1] = "b" }`, object, true},
		{`{ $.tags[2] = "b" }`, object, false},
		{`{ $.tags[*] = "b" }`, object, true},
		{`{ $.list[*].n = 2 }`, object, true},
		{`{ $.o.ip = 10.0.* }`, object, true},
		{`{ $.o['my name'] = "x" }`, object, true},
		{`{$.level=%^err%}`, object, true},
		{`{ $.level = "error" }`, `no JSON: "level": "error"`, false},
		{`{ $.level = "error" }`, `{"level": "error"`, false},

		{"[ip, identity, user, timestamp, request, status, bytes]", access, true},
		{"[ip, identity, user, timestamp, request, status]", access, false},
		{"[..., status=404, bytes]", access, true},
		{"[..., status=4*, bytes>1000]", access, true},
		{"[..., status=4*, bytes>2000]", access, false},
		{"[ip=127.0.0.1, ..., bytes]", access, true},
		{"[ip, ..., request = \"*html*\", status!=200, bytes]", access, true},
		{"[ip, ..., status = 403 || status = 404, bytes]", access, true},
		{"[ip, ..., bytes > 1500 && bytes < 1600]", access, true},
		{"[ip, ..., bytes > 1600 && bytes < 1700]", access, false},
		{"[a, ...]", "", false},
		{`[..., "x"]`, "y", false},
	} {
		p, err := Parse(test.pattern)
		if test.pattern == `[..., "x"]` {
			if err == nil {
				t.Errorf("%s: parsed", test.pattern)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.pattern, err)
			continue
		}
		if got := p.Matches(test.message); got != test.want {
			t.Errorf("%s on %s: %v", test.pattern, test.message, got)
		}
	}
}

func TestRefusals(t *testing.T) {
	for pattern, want := range map[string]string{
		"foo-bar":                      "invalid character(s) in term 'foo-bar'",
		"ERROR ?WARN":                  "cannot be combined",
		`"open`:                        "no double quote",
		"%open":                        "no % at its end",
		"%(%":                          "not a regular expression",
		"-":                            "invalid character(s) in term ''",
		"{ $.a = 1":                    "expected && or || or }",
		"{ $.a = 1 } x":                "after the end",
		"{ $.a > x }":                  "compares numbers",
		"{ $.a ~ 1 }":                  "expected one of",
		"{ a = 1 }":                    "expected a selector",
		"{ $.a IS 1 }":                 "NULL, TRUE or FALSE",
		"{ $.a NOT IN }":               "expected EXISTS",
		"{ $.a[x] = 1 }":               "neither an index",
		"{ $. = 1 }":                   "expected a name",
		"{ ($.a = 1 }":                 "expected )",
		"{}":                           "expected a selector",
		"[a, b":                        "expected a comma or ]",
		"[a, ..., b, ...]":             "once",
		"[a] b":                        "after the end",
		"[a b]":                        "expected one of",
		"{" + strings.Repeat("(", 100): "parentheses",
	} {
		if _, err := Parse(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v; not with %q", pattern, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{ $.a = "b" && ($.c > 3) }`, `{"a":"b"}`)
	f.Add(`[a, ..., b=1]`, `x y "z`)
	f.Add(`?a ?"b c" -%d%`, "m")
	f.Fuzz(func(_ *testing.T, pattern, message string) {
		if p, err := Parse(pattern); err == nil {
			p.Matches(message)
		}
	})
}
