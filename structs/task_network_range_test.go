package structs

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestTaskNetworkIsChecked(t *testing.T) {
	for _, c := range []struct {
		text  string
		bits  int
		words string // of the error; empty: it is fine
	}{
		{"10.213.0.0/16", 24, ""},
		{"100.64.0.0/10", 22, ""},
		{"192.168.0.0/16", 28, ""},
		{"172.16.0.0/12", 20, ""},
		{"10.0.0.0/8", 24, ""},
		{"10.213.0.0", 24, "not a range of IPv4 addresses"},
		{"fd00::/8", 24, "not a range of IPv4 addresses"},
		{"10.213.7.0/16", 24, "use 10.213.0.0/16"},
		{"8.8.0.0/16", 24, "8.8.0.0/16 is not private: use a part of 10.0.0.0/8"},
		{"192.160.0.0/12", 24, "is not private"},
		{"192.168.0.0/8", 24, "is an address inside a range"},
		{"100.64.0.0/9", 24, "is an address inside a range"},
		{"100.0.0.0/9", 24, "is not private"},
		{"0.0.0.0/0", 24, "too large"},
		{"10.213.0.0/24", 24, "no room for two blocks"},
		{"10.213.0.0/24", 16, "no room for two blocks"},
		{"10.213.0.0/16", 29, "too small: use 28 or less"},
	} {
		n, err := NewTaskNetwork(c.text, c.bits)
		if c.words == "" && (err != nil || n != TaskNetwork{c.text, c.bits}) {
			t.Errorf("%s with blocks of %d: %+v, %v", c.text, c.bits, n, err)
		}
		if c.words != "" && (err == nil || !strings.Contains(err.Error(), c.words)) {
			t.Errorf("%s with blocks of %d: %v, and not %q", c.text, c.bits, err, c.words)
		}
	}
	if n := DefaultTaskNetwork(); n.Blocks() != 256 || n.Block(3) != "10.213.3.0/24" || BlockRoom(n.Block(3)) != 253 {
		t.Errorf("the default has %d blocks, the fourth is %s with room for %d", n.Blocks(), n.Block(3), BlockRoom(n.Block(3)))
	}
}

func TestBlocksThatShareAddresses(t *testing.T) {
	n := TaskNetwork{Range: "10.213.0.0/16", BlockBits: 24}
	for _, c := range []struct {
		block    string
		from, to int
		has      bool
	}{
		{"10.213.0.0/24", 0, 0, true},
		{"10.213.255.0/24", 255, 255, true},
		{"10.213.4.0/22", 4, 7, false},
		{"10.213.4.128/25", 4, 4, false},
		{"10.0.0.0/8", 0, 255, false},
		{"10.214.0.0/24", 0, -1, false},
		{"10.213.4.7/24", 4, 4, false}, // not how a block is written
		{"", 0, -1, false},
	} {
		from, to := n.Covers(c.block)
		if from != c.from || to != c.to || n.Has(c.block) != c.has {
			t.Errorf("%q shares addresses with %d to %d, is a block: %v; want %d to %d, %v", c.block, from, to, n.Has(c.block), c.from, c.to, c.has)
		}
	}
	if (TaskNetwork{}).Blocks() != 0 {
		t.Error("no range has blocks")
	}
}

// TestAddressesOfABlock: whatever tasks come and go, each has an address of its own that is free,
// in the block, and none of the reserved ones; and all of them can be used.
func TestAddressesOfABlock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bits := rapid.IntRange(20, 28).Draw(t, "bits")
		block := netip.PrefixFrom(netip.MustParseAddr("10.213.16.0"), bits)
		reserved := []netip.Addr{block.Addr(), block.Addr().Next(), lastOf(block)}
		u, held := &Usage{}, map[string]bool{}
		for n := range BlockRoom(block.String()) {
			a, ok := TaskAddress(block.String(), fmt.Sprint("task-", n), u.Addresses)
			if !ok || !block.Contains(a) || a == reserved[0] || a == reserved[1] || a == reserved[2] || held[a.String()] {
				t.Fatalf("task %d of block %s gets %v, %v", n, block, a, ok)
			}
			held[a.String()] = true
			u.HoldAddress(a.String())
		}
		if a, ok := TaskAddress(block.String(), "one more", u.Addresses); ok {
			t.Fatalf("the full block gives %v", a)
		}
		gone := rapid.SampledFrom(u.Addresses).Draw(t, "gone")
		u.DropAddress(gone.String())
		if a, ok := TaskAddress(block.String(), "one more", u.Addresses); !ok || a != gone {
			t.Fatalf("only %s is free, and a task gets %v, %v", gone, a, ok)
		}
	})
}

// TestAnAddressIsNotUsedAgainSoon: a service that replaces its only task again and again goes
// through many addresses, so that peers that still have the old one reach nobody else.
func TestAnAddressIsNotUsedAgainSoon(t *testing.T) {
	last, again := map[netip.Addr]int{}, 0
	for n := range 1000 {
		a, _ := TaskAddress("10.213.3.0/24", fmt.Sprintf("%032x", n*7919), nil)
		if at, seen := last[a]; seen && n-at < 10 {
			again++
		}
		last[a] = n
	}
	if len(last) < 240 || again > 100 {
		t.Errorf("1,000 tasks had %d addresses; %d times one was used again within ten tasks", len(last), again)
	}
}

func TestIdsOfATasksInterface(t *testing.T) {
	const task = "0123456789abcdef0123456789abcdef"
	if got, want := TaskMAC("10.213.3.254"), "02:67:0a:d5:03:fe"; got != want {
		t.Errorf("the hardware address is %s, not %s", got, want)
	}
	if got := TaskMAC(""); got != "" {
		t.Errorf("without an address it is %s", got)
	}
	// they are on people's screens and in their tools: never change them
	if got, want := TaskInterfaceID(task), "eni-"; !strings.HasPrefix(got, want) || len(got) != len(want)+17 {
		t.Errorf("the interface is %s", got)
	}
	if got := TaskAttachmentID(task); len(got) != 36 || got == TaskAttachmentID(task[1:]) {
		t.Errorf("the attachment is %s", got)
	}
}

// TestAwsvpcTasksNeedAnAddressAndNoPorts: any number of tasks with the same port fit on an
// instance.
func TestAwsvpcTasksNeedAnAddressAndNoPorts(t *testing.T) {
	d := &TaskDefinition{NetworkMode: NetworkAwsvpc, ContainerDefinitions: []ContainerDefinition{
		{Name: "a", Memory: new(int32(64)), PortMappings: []PortMapping{{ContainerPort: new(int32(80)), HostPort: new(int32(80))}}},
	}}
	if need := Need(d, nil); len(need.Ports) > 0 || need.Addresses != 1 {
		t.Errorf("the task needs %+v", need)
	}
	d.NetworkMode = NetworkHost
	if need := Need(d, nil); len(need.Ports) != 1 || need.Addresses != 0 {
		t.Errorf("in host mode the task needs %+v", need)
	}
}
