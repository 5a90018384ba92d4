package gossip

import (
	"log/slog"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

func start(t *testing.T, id string, change func(*Config)) *Member {
	t.Helper()
	c := Config{
		Self: structs.Member{ID: id, Name: "host-" + id, Role: structs.RoleServer, Zone: "a", HTTP: "127.0.0.1:5747"},
		Bind: "127.0.0.1", Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&c)
	}
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Stop() })
	return m
}

// await waits until the members that a member knows are as wanted.
func await(t *testing.T, m *Member, what string, ok func([]structs.Member) bool) {
	t.Helper()
	awaitFor(t, 30*time.Second, m, what, ok)
}

func awaitFor(t *testing.T, limit time.Duration, m *Member, what string, ok func([]structs.Member) bool) {
	t.Helper()
	timeout := time.After(limit)
	for !ok(m.Members()) {
		select {
		case <-m.Changes():
		case <-timeout:
			t.Fatalf("never saw %s; members: %+v", what, m.Members())
		}
	}
}

func with(id string, ok func(structs.Member) bool) func([]structs.Member) bool {
	return func(list []structs.Member) bool {
		for _, m := range list {
			if m.ID == id {
				return ok(m)
			}
		}
		return false
	}
}

// Members learn about each other, what each says about itself, a goodbye and a death, and tell the
// last two apart.
func TestMembersComeAndGo(t *testing.T) {
	key := make([]byte, 32)
	keyed := func(c *Config) { c.Key = key }
	a, b, c := start(t, "a", keyed), start(t, "b", keyed), start(t, "c", func(c *Config) {
		keyed(c)
		c.Self.Role, c.Self.HTTP, c.Self.Cluster = structs.RoleAgent, "", "default"
	})
	for _, m := range []*Member{b, c} {
		if err := m.Join([]string{a.Address()}); err != nil {
			t.Fatal(err)
		}
	}
	await(t, a, "b", with("b", func(m structs.Member) bool { return m.Status == structs.MemberAlive && m.HTTP != "" }))
	await(t, b, "c", with("c", func(m structs.Member) bool {
		return m.Role == structs.RoleAgent && m.Cluster == "default" && m.Zone == "a"
	}))
	if list := a.Members(); len(list) != 3 || list[2].ID != "c" {
		t.Errorf("servers come first: %+v", list)
	}
	if err := b.Say(func(m *structs.Member) { m.Expect = 3 }); err != nil {
		t.Fatal(err)
	}
	await(t, a, "what b says", with("b", func(m structs.Member) bool { return m.Expect == 3 }))
	if err := c.Leave(); err != nil {
		t.Fatal(err)
	}
	await(t, a, "c's goodbye", with("c", func(m structs.Member) bool { return m.Status == structs.MemberLeft }))
	if err := b.Stop(); err != nil {
		t.Fatal(err)
	}
	await(t, a, "b's end", with("b", func(m structs.Member) bool { return m.Status == structs.MemberFailed }))
}

// A member that is there answers when it is asked. One that has ended does not.
func TestAsk(t *testing.T) {
	a, b, c := start(t, "a", nil), start(t, "b", nil), start(t, "c", nil)
	for _, m := range []*Member{b, c} {
		if err := m.Join([]string{a.Address()}); err != nil {
			t.Fatal(err)
		}
	}
	await(t, a, "both", func(list []structs.Member) bool { return len(list) == 3 })
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	answers := make(chan string, 2)
	a.Ask([]string{"b", "c", "unknown"}, func(id string) { answers <- id })
	select {
	case id := <-answers:
		if id != "b" {
			t.Errorf("%s answers", id)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nobody answers")
	}
	select {
	case id := <-answers:
		t.Errorf("%s answers too", id)
	case <-time.After(2 * probeTimeout):
	}
}

// A member that has left may be asked to change what it says long afterwards.
func TestSayAfterGoodbye(t *testing.T) {
	m := start(t, "a", nil)
	if err := m.Leave(); err != nil {
		t.Fatal(err)
	}
	if err := m.Say(func(self *structs.Member) { self.Zone = "b" }); err == nil {
		t.Error("a member that has left said something")
	}
}
