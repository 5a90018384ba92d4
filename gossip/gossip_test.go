package gossip

import (
	"log/slog"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

func start(t *testing.T, id string, change func(*Config)) *Member {
	t.Helper()
	c := Config{
		Self: structs.Member{ID: id, Name: "host-" + id, Role: structs.RoleServer, Zone: "a", HTTP: "127.0.0.1:5747"}, Bind: "127.0.0.1",
		Logger: slog.New(slog.DiscardHandler),
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

// await waits until a member sees what is wanted.
func await(t *testing.T, m *Member, what string, ok func([]structs.Member) bool) {
	t.Helper()
	timeout := time.After(30 * time.Second)
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

// Members learn of each other, of what they say of themselves, of a goodbye and of a death, and tell the two apart.
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

// Who has another key hears and says nothing, and after a rotation everyone still hears everyone, restarted ones too.
func TestKeys(t *testing.T) {
	first, second := make([]byte, 32), append(make([]byte, 31), 1)
	dirs := map[string]string{"a": t.TempDir(), "b": t.TempDir()}
	on := func(id string) func(*Config) { return func(c *Config) { c.Key, c.DataDir = first, dirs[id] } }
	a, b := start(t, "a", on("a")), start(t, "b", on("b"))
	stranger := start(t, "x", func(c *Config) { c.Key = append(make([]byte, 31), 9) })
	if err := b.Join([]string{a.Address()}); err != nil {
		t.Fatal(err)
	}
	if stranger.Join([]string{a.Address()}) == nil || len(a.Members()) != 2 {
		t.Error("one with another key got in")
	}
	await(t, a, "b", with("b", func(m structs.Member) bool { return m.Status == structs.MemberAlive }))
	if err := a.Rotate(second); err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(b.Address())
	if err := b.Stop(); err != nil {
		t.Fatal(err)
	}
	b = start(t, "b", func(c *Config) {
		on("b")(c)
		c.Self.Expect = 7
		c.Port, _ = strconv.Atoi(port)
	})
	if err := b.Join([]string{a.Address()}); err != nil {
		t.Fatal(err)
	}
	await(t, a, "b anew", with("b", func(m structs.Member) bool { return m.Status == structs.MemberAlive && m.Expect == 7 }))
}
