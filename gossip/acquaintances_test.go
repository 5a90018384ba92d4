package gossip

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// An agent knows all servers and some of the other agents. Others take the place of those that
// leave. Servers know everyone.
func TestAcquaintances(t *testing.T) {
	servers := []*Member{start(t, "s1", nil), start(t, "s2", nil)}
	if err := servers[1].Join([]string{servers[0].Address()}); err != nil {
		t.Fatal(err)
	}
	const agents = agentsKnown + 8
	var all []*Member
	alive := func(list []structs.Member) (n int) {
		for _, m := range list {
			if m.Status == structs.MemberAlive {
				n++
			}
		}
		return n
	}
	for n := range agents {
		if n == agents-1 { // the last one joins when the servers know all others
			for _, s := range servers {
				await(t, s, "all others", func(list []structs.Member) bool { return alive(list) == agents-1+2 })
			}
		}
		m := start(t, fmt.Sprintf("a%02d", n), func(c *Config) { c.Self.Role, c.Self.HTTP = structs.RoleAgent, "" })
		if err := m.Join([]string{servers[n%2].Address()}); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	for _, s := range servers {
		await(t, s, "everyone", func(list []structs.Member) bool { return alive(list) == agents+2 })
	}
	last := all[agents-1]
	await(t, last, "some", func(list []structs.Member) bool { return alive(list) == agentsKnown+2 })
	if n := len(last.Servers()); n != 2 {
		t.Errorf("the last agent knows %d servers", n)
	}
	for _, known := range last.Members() {
		if known.Role == structs.RoleAgent && known.ID != "a19" {
			gone, _ := strconv.Atoi(known.ID[1:])
			if err := all[gone].Stop(); err != nil {
				t.Fatal(err)
			}
			// The servers know within seconds. If by chance nobody tells this agent, it finds out
			// by itself.
			failed := with(known.ID, func(m structs.Member) bool { return m.Status == structs.MemberFailed })
			awaitFor(t, 6*time.Minute, last, "the end of one", failed)
			break
		}
	}
	// as it does now and then
	if err := last.Join([]string{servers[0].Address()}); err != nil {
		t.Fatal(err)
	}
	await(t, last, "another in its place", func(list []structs.Member) bool { return alive(list) == agentsKnown+2 })
}
