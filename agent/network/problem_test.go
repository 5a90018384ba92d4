package network

import (
	"strings"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
)

// A network of the machine that comes to have addresses of tasks is told, and that it has gone.
func TestConflictThatComesLater(t *testing.T) {
	h := newHarness(t)
	if offer := h.Offer(t.Context()); offer.Problem != "" {
		t.Fatalf("the machine has a problem already: %s", offer.Problem)
	}
	link := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "gantry-other"}}
	check(t, netlink.LinkAdd(link))
	t.Cleanup(func() { _ = netlink.LinkDel(link) })
	address, err := netlink.ParseAddr("10.213.9.1/24")
	check(t, err, netlink.AddrAdd(link, address), netlink.LinkSetUp(link))
	go h.Network.Run(t.Context())
	told := func() string {
		select {
		case problem := <-h.Problems():
			return problem
		case <-time.After(patience):
			t.Fatal("nothing is told")
			return ""
		}
	}
	if problem := told(); !strings.Contains(problem, "10.213.9.0/24 by gantry-other") {
		t.Errorf("the problem is %q", problem)
	}
	check(t, netlink.LinkDel(link))
	if problem := told(); problem != "" {
		t.Errorf("the problem is still %q", problem)
	}
}
