package match

import (
	"net/netip"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

type request struct {
	method, host, path, query, client string
	header                            map[string][]string
}

func (r request) Method() string              { return r.method }
func (r request) Host() string                { return r.host }
func (r request) Path() string                { return r.path }
func (r request) Query() string               { return r.query }
func (r request) Header(name string) []string { return r.header[name] }
func (r request) Client() netip.AddrPort      { return netip.MustParseAddrPort(r.client) }

func TestConditions(t *testing.T) {
	get := request{method: "GET", host: "Web.Example.org:8080", path: "/img/a.png", query: "v=Blue&x=a%20b&flag",
		client: "[::ffff:10.1.2.3]:999", header: map[string][]string{"User-Agent": {"curl/8", "Mozilla (Chrome)"}}}
	for _, c := range []struct {
		name string
		cond structs.RuleCondition
		want bool
	}{
		{"host, case and port do not matter", structs.RuleCondition{Field: "host-header", Values: []string{"WEB.example.ORG"}}, true},
		{"host, wildcard", structs.RuleCondition{Field: "host-header", Values: []string{"x.org", "*.example.org"}}, true},
		{"host, wildcard needs a label", structs.RuleCondition{Field: "host-header", Values: []string{"*.web.example.org"}}, false},
		{"host, regex", structs.RuleCondition{Field: "host-header", Regex: []string{`^WEB\.example\.(org|net)$`}}, true},
		{"path, wildcard over slashes", structs.RuleCondition{Field: "path-pattern", Values: []string{"/i*.png"}}, true},
		{"path, one character", structs.RuleCondition{Field: "path-pattern", Values: []string{"/img/?.png"}}, true},
		{"path, case matters", structs.RuleCondition{Field: "path-pattern", Values: []string{"/IMG/*"}}, false},
		{"path, whole", structs.RuleCondition{Field: "path-pattern", Values: []string{"/img"}}, false},
		{"path, regex", structs.RuleCondition{Field: "path-pattern", Regex: []string{`\.(png|gif)$`}}, true},
		{"method", structs.RuleCondition{Field: "http-request-method", Values: []string{"HEAD", "GET"}}, true},
		{"method, case matters", structs.RuleCondition{Field: "http-request-method", Values: []string{"get"}}, false},
		{"header, any of its values, any case", structs.RuleCondition{Field: "http-header", Header: "User-Agent", Values: []string{"*chrome*"}}, true},
		{"header, absent", structs.RuleCondition{Field: "http-header", Header: "X", Values: []string{"*"}}, false},
		{"query, any case", structs.RuleCondition{Field: "query-string", Query: []structs.QueryPair{{Key: "V", Value: "blue"}}}, true},
		{"query, decoded", structs.RuleCondition{Field: "query-string", Query: []structs.QueryPair{{Key: "x", Value: "a b"}}}, true},
		{"query, value of any key", structs.RuleCondition{Field: "query-string", Query: []structs.QueryPair{{Value: "bl?e"}}}, true},
		{"query, other key", structs.RuleCondition{Field: "query-string", Query: []structs.QueryPair{{Key: "w", Value: "blue"}}}, false},
		{"source, in the block", structs.RuleCondition{Field: "source-ip", Values: []string{"192.0.2.0/24", "10.1.0.0/16"}}, true},
		{"source, outside", structs.RuleCondition{Field: "source-ip", Values: []string{"10.2.0.0/16"}}, false},
	} {
		list, err := Compile([]structs.RuleCondition{c.cond})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := list[0](get); got != c.want {
			t.Errorf("%s: met %v, want %v", c.name, got, c.want)
		}
	}
	if _, err := Compile([]structs.RuleCondition{{Field: "path-pattern", Regex: []string{"("}}}); err == nil {
		t.Error("a broken expression compiles")
	}
	if _, err := Compile([]structs.RuleCondition{{Field: "moon"}}); err == nil {
		t.Error("an unknown field compiles")
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, value string
		want           bool
	}{
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"a*b*c", "aXbYbZc", true}, {"a*b", "ab", true},
		{"a*b", "abc", false}, {"?", "", false}, {`\*`, "*", true}, {`\*`, "x", false}, {`a\?`, "a?", true}, {`a\`, `a\`, true},
		{"**a", "ba", true},
	} {
		if Glob(c.pattern, c.value) != c.want {
			t.Errorf("%q on %q: want %v", c.pattern, c.value, c.want)
		}
	}
}
