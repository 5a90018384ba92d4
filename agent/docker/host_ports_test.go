package docker

import (
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
)

func fewPorts(next int, taken ...int) *hostPorts {
	p := newHostPorts()
	p.first, p.last, p.next = 100, 109, next
	p.free = func(_ string, port int) bool {
		for _, t := range taken {
			if port == t {
				return false
			}
		}
		return true
	}
	return p
}

func TestChooseHostPorts(t *testing.T) {
	for _, test := range []struct {
		next  int
		taken []int
		n     int
		want  string
	}{
		{100, nil, 1, "100"},
		{103, []int{103, 104}, 1, "105"},
		{109, []int{109}, 1, "100"},
		{100, []int{101, 104}, 3, "105-107"},
		{108, []int{100}, 3, "101-103"}, // a range does not go round the end
		{105, []int{103}, 4, "105-108"},
		{106, []int{105}, 5, "100-104"},
		{100, nil, 10, "100-109"},
		{105, nil, 10, "100-109"},
	} {
		got, err := fewPorts(test.next, test.taken...).choose(test.n, "tcp")
		if err != nil || got != test.want {
			t.Errorf("%d ports from %d without %v: got %s, want %s, error %v", test.n, test.next, test.taken, got, test.want, err)
		}
	}
	for _, n := range []int{6, 11} {
		if got, err := fewPorts(100, 105).choose(n, "udp"); err == nil || !strings.Contains(err.Error(), strconv.Itoa(n)+" free udp ports in a row between 100 and 109") {
			t.Errorf("%d ports: got %s, error %v", n, got, err)
		}
	}
}

// A port that was chosen is not chosen again at once: its container does not listen yet.
func TestChosenPortsDiffer(t *testing.T) {
	p := fewPorts(100)
	seen := map[string]bool{}
	for range 10 {
		port, err := p.choose(1, "tcp")
		if err != nil || seen[port] {
			t.Fatalf("port %s again, error %v", port, err)
		}
		seen[port] = true
	}
}

// A port in use by one family or protocol only.
func TestPortInUse(t *testing.T) {
	for _, network := range []string{"tcp4", "tcp6", "udp4", "udp6"} {
		var port int
		if network[:3] == "tcp" {
			l, err := net.Listen(network, ":0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			port = l.Addr().(*net.TCPAddr).Port
		} else {
			l, err := net.ListenPacket(network, ":0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			port = l.LocalAddr().(*net.UDPAddr).Port
		}
		if listens(network[:3], port) {
			t.Errorf("a port that %s uses counts as free", network)
		}
	}
}

func TestKernelsPorts(t *testing.T) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(text))
	if p := newHostPorts(); strconv.Itoa(p.first) != fields[0] || strconv.Itoa(p.last) != fields[1] {
		t.Errorf("ports %d to %d, want the kernel's %s", p.first, p.last, fields)
	}
}
