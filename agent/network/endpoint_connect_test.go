package network

import (
	"net/netip"
	"testing"
)

// TestConnectAddresses: agents of one machine have different addresses for Service Connect, as many
// agents as there is room for.
func TestConnectAddresses(t *testing.T) {
	seen := map[netip.Prefix]bool{}
	for n := byte(1); n <= 16; n++ {
		e := &Endpoint{resolver: netip.AddrFrom4([4]byte{169, 254, 171, n})}
		at, err := e.ConnectAddresses()
		if err != nil || seen[at] || !connectAddresses.Overlaps(at) || at.Bits() != 24 {
			t.Errorf("agent %d has %v, %v", n, at, err)
		}
		seen[at] = true
	}
	if at, err := (&Endpoint{resolver: netip.AddrFrom4([4]byte{169, 254, 171, 17})}).ConnectAddresses(); err == nil {
		t.Errorf("one more than there is room for has %v", at)
	}
}
