package network

import (
	"net"
	"net/netip"
	"os"
	"testing"

	"golang.zx2c4.com/wireguard/wgctrl/wgtypes"
)

func newKey(t *testing.T) wgtypes.Key {
	t.Helper()
	key, err := wgtypes.GeneratePrivateKey()
	check(t, err)
	return key
}

// Two instances take the same way to each other, whatever each can do.
func TestWayIsTheSameFromBothSides(t *testing.T) {
	for _, c := range []struct {
		traffic, own, other, want string
	}{
		{TrafficAuto, "a", "b", TrafficWireGuard},
		{TrafficAuto, "a", "", TrafficVXLAN},
		{TrafficAuto, "", "", TrafficVXLAN},
		{TrafficWireGuard, "a", "b", TrafficWireGuard},
		{TrafficWireGuard, "a", "", ""},
		{TrafficVXLAN, "", "b", TrafficVXLAN},
		{TrafficRoutes, "", "", TrafficRoutes},
	} {
		if got := way(c.traffic, c.own, peer{key: c.other}); got != c.want {
			t.Errorf("%s from %q to %q: %q, want %q", c.traffic, c.own, c.other, got, c.want)
		}
	}
	if one, two := way(TrafficAuto, "a", peer{key: ""}), way(TrafficVXLAN, "", peer{key: "a"}); one != two {
		t.Errorf("one goes by %s, the other by %s", one, two)
	}
}

// A device is told what differs and nothing else; a peer may use its block only.
func TestWireGuardConfig(t *testing.T) {
	own, key, gone := newKey(t), newKey(t).PublicKey(), newKey(t).PublicKey()
	p := peer{address: netip.MustParseAddr("198.18.78.2"), block: block{netip.MustParsePrefix("10.213.2.0/24")}, key: key.String()}
	config, changed := wireguardConfig(&wgtypes.Device{Peers: []wgtypes.Peer{{PublicKey: gone}}}, own, []peer{p}, 51820)
	if !changed || *config.PrivateKey != own || *config.ListenPort != 51820 || len(config.Peers) != 2 {
		t.Fatalf("a new device gets %+v", config)
	}
	left, added := config.Peers[0], config.Peers[1]
	if left.PublicKey != gone || !left.Remove {
		t.Errorf("a peer that left: %+v", left)
	}
	if added.PublicKey != key || added.Endpoint.String() != "198.18.78.2:51820" || !added.ReplaceAllowedIPs || len(added.AllowedIPs) != 1 ||
		added.AllowedIPs[0].String() != "10.213.2.0/24" {
		t.Errorf("a peer that came: %+v", added)
	}
	device := &wgtypes.Device{PrivateKey: own, ListenPort: 51820, Peers: []wgtypes.Peer{{
		PublicKey: key, Endpoint: &net.UDPAddr{IP: net.IPv4(198, 18, 78, 2), Port: 51820}, AllowedIPs: []net.IPNet{*ipNet(p.block.Prefix)},
	}}}
	if config, changed := wireguardConfig(device, own, []peer{p}, 51820); changed {
		t.Errorf("a device that is right gets %+v", config)
	}
	p.block = block{netip.MustParsePrefix("10.213.3.0/24")}
	if config, changed := wireguardConfig(device, own, []peer{p}, 51820); !changed || config.PrivateKey != nil || config.Peers[0].AllowedIPs[0].String() != "10.213.3.0/24" {
		t.Errorf("a peer with another block: %+v", config)
	}
}

// The key survives the process; its file is the owner's.
func TestKeyIsKept(t *testing.T) {
	dir := t.TempDir()
	var s saved
	key, err := s.key()
	check(t, err, s.write(dir))
	again, err := loadSaved(dir)
	check(t, err)
	if same, err := again.key(); same != key || err != nil {
		t.Errorf("the key is another one: %v", err)
	}
	if info, err := os.Stat(savedPath(dir)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info, err)
	}
}
