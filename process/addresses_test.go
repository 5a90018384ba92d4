package process

import (
	"slices"
	"testing"
)

// A server that listens on every address has the loopback addresses in its certificate.
func TestCertifiedHosts(t *testing.T) {
	for _, c := range []struct {
		bind, advertise string
		want            []string
	}{
		{"10.0.0.1", "", []string{"localhost", "s", "10.0.0.1"}},
		{"10.0.0.1", "192.0.2.1", []string{"localhost", "s", "10.0.0.1", "192.0.2.1"}},
		{"0.0.0.0", "10.0.0.1", []string{"localhost", "s", "127.0.0.1", "::1", "10.0.0.1"}},
		{"::", "10.0.0.1", []string{"localhost", "s", "127.0.0.1", "::1", "10.0.0.1"}},
	} {
		n := Addresses{Bind: c.bind, Advertise: c.advertise}
		if got := n.certified("s"); !slices.Equal(got, c.want) {
			t.Errorf("bound to %s, advertised as %q: %v", c.bind, c.advertise, got)
		}
	}
}
