package protocol

import (
	"regexp"
	"testing"
)

func TestChecker(t *testing.T) {
	word := regexp.MustCompile(`^(?:[a-z]+)$`)
	for _, tc := range []struct {
		name  string
		check func(c *Checker)
		want  string
	}{
		{"all is well", func(c *Checker) {
			c.Required("a", true)
			c.Enum("b", "", "x")
			c.Enum("b", "x", "x", "y")
			c.Text("t", "", 1, 2, word)
			c.Text("t", "äö", 2, 2, nil)
			c.Range("r", 1, 1, 1)
			c.Range("r", -1e9, NoMin, NoMax)
			c.Count("n", 3, 0, -1)
		}, ""},
		{"required", func(c *Checker) { c.Required("a", false) }, "a is required"},
		{"path", func(c *Checker) {
			c.Enter(Index("containers", 0))
			c.Enter(Index("ports", 1))
			c.Enum("protocol", "sctp", "tcp", "udp")
			c.Leave()
			c.Leave()
			c.Required("family", false)
		}, "containers[0].ports[1].protocol: 'sctp' is not one of [tcp, udp]; family is required"},
		{"text", func(c *Checker) { c.Text("t", "abc", 0, 2, nil) }, "t has 3 characters; it must be between 0 and 2"},
		{"pattern is of the whole text", func(c *Checker) { c.Text("t", "ab1", 0, -1, word) }, "t: 'ab1' does not match [a-z]+"},
		{"range", func(c *Checker) { c.Range("r", 0, 1, NoMax) }, "r: 0 is out of range; it must be at least 1"},
		{"large numbers are told in full", func(c *Checker) { c.Range("r", 1e7, NoMin, 2147483) }, "r: 10000000 is out of range; it must be at most 2147483"},
		{"count", func(c *Checker) { c.Count("n", 51, 0, 50) }, "n has 51 items; it must be between 0 and 50"},
		{"a text of its own stands alone", func(c *Checker) {
			c.Required("a", false)
			c.Enum("own", "z", "x", "y")
		}, "own should be one of [x,y]"},
		{"very many", func(c *Checker) {
			for range maxProblems + 2 {
				c.Required("a", false)
			}
		}, "a is required; a is required; a is required; a is required; a is required; a is required; a is required; a is required; a is required; a is required; and 2 more"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &Checker{EnumTexts: map[string]string{"own": "own should be one of [%s]"}}
			tc.check(c)
			got := ""
			if err := c.Err(); err != nil {
				got = err.Error()
			}
			if got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}
