package process

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// TestAnAgentReservesThePortsInUse: tasks get neither the agent's gossip port nor the ports of a
// server on the same machine.
func TestAnAgentReservesThePortsInUse(t *testing.T) {
	const own = 7777
	for name, c := range map[string]struct {
		join []string
		want string
	}{
		"of servers elsewhere":      {[]string{"10.0.0.1", "10.0.0.2:7000"}, "[{%[1]d tcp} {%[1]d udp}]"},
		"of one on this machine":    {[]string{"10.0.0.1", "127.0.0.1"}, "[{5748 tcp} {5749 tcp} {5749 udp} {6000 tcp} {%[1]d tcp} {%[1]d udp}]"},
		"on another port than ours": {[]string{"127.0.0.1:7000"}, "[{5748 tcp} {6000 tcp} {7000 tcp} {7000 udp} {%[1]d tcp} {%[1]d udp}]"},
	} {
		a := Addresses{Bind: "127.0.0.1", HTTPPort: 6000, Join: c.join}
		ports := a.ownPorts("127.0.0.1:7777")
		slices.SortFunc(ports, func(a, b structs.Port) int { return 2*(int(a.Number)-int(b.Number)) + structs.ComparePorts(a, b) })
		if got, want := fmt.Sprint(ports), fmt.Sprintf(c.want, own); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
