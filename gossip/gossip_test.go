package gossip

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
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

// Members learn of each other, of what they say of themselves, of a goodbye and of a death, and
// tell the two apart.
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

// keysOf are those in the file of a server.
func keysOf(t *testing.T, dir string) (keys [][]byte) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "gossip.keys"))
	if err == nil {
		err = json.Unmarshal(raw, &keys)
	}
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// After a rotation everyone has the new key alone, restarted ones too. Who was away, or has only
// the cluster's secret, is heard once it has taken the new key; nobody takes an older one.
func TestRotate(t *testing.T) {
	first := append(make([]byte, 31), 1)
	dirs := map[string]string{"a": t.TempDir(), "b": t.TempDir(), "c": t.TempDir()}
	on := func(id string) func(*Config) { return func(c *Config) { c.Key, c.DataDir = first, dirs[id] } }
	a, b := start(t, "a", on("a")), start(t, "b", on("b"))
	agent := start(t, "x", func(c *Config) { c.Key, c.Self.Role = first, structs.RoleAgent })
	stranger := start(t, "y", func(c *Config) { c.Key = append(make([]byte, 31), 9) })
	alive := func(id string) func([]structs.Member) bool {
		return with(id, func(m structs.Member) bool { return m.Status == structs.MemberAlive })
	}
	for _, m := range []*Member{b, agent} {
		if err := m.Join([]string{a.Address()}); err != nil {
			t.Fatal(err)
		}
	}
	if stranger.Join([]string{a.Address()}) == nil {
		t.Error("one with another key got in")
	}
	for _, m := range []*Member{a, b, agent} {
		for _, id := range []string{"a", "b", "x"} {
			await(t, m, id, alive(id))
		}
	}
	done, err := b.Rotate()
	if err != nil || done.Members != 3 || len(done.Down) > 0 {
		t.Fatalf("rotate: %+v, %v", done, err)
	}
	second := b.Key()
	if bytes.Equal(second, first) || !bytes.Equal(a.Key(), second) || !bytes.Equal(agent.Key(), second) {
		t.Errorf("keys: %x, %x, %x", a.Key(), second, agent.Key())
	}
	for _, id := range []string{"a", "b"} {
		if kept := keysOf(t, dirs[id]); len(kept) != 1 || !bytes.Equal(kept[0], second) {
			t.Errorf("%s keeps %x", id, kept)
		}
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

	late := start(t, "c", on("c"))
	if late.Join([]string{a.Address()}) == nil {
		t.Error("the key before the rotation is still good")
	}
	if taken, err := late.Take(a.Key()); !taken || err != nil {
		t.Fatal(taken, err)
	}
	if err := late.Join([]string{a.Address()}); err != nil {
		t.Error(err)
	}
	if kept := keysOf(t, dirs["c"]); len(kept) != 1 || !bytes.Equal(kept[0], second) {
		t.Errorf("c keeps %x", kept)
	}
	await(t, a, "c", alive("c"))
	await(t, b, "c", alive("c"))
	for try := 0; ; try++ {
		_, err := a.Rotate()
		if err == nil {
			break
		}
		if try == 3 {
			t.Fatal(err)
		}
		// What was said in the first rotation still goes round, and c, which was not there, does as
		// it was told then. A server asks the others which key is in use, and the rotation is made
		// again.
		if _, err := late.Take(a.Key()); err != nil {
			t.Fatal(err)
		}
		await(t, a, "c again", alive("c"))
	}
	for _, old := range [][]byte{first, second, a.Key()} {
		if taken, err := a.Take(old); taken || err != nil {
			t.Errorf("took %x: %v", old, err)
		}
	}
}

// A member that does not answer and is not known to have failed stops a rotation, and all stay with
// the key that they have.
func TestRotateRefused(t *testing.T) {
	key := append(make([]byte, 31), 1)
	keyed := func(c *Config) { c.Key, c.DataDir = key, t.TempDir() }
	a, b := start(t, "a", keyed), start(t, "b", keyed)
	if err := b.Join([]string{a.Address()}); err != nil {
		t.Fatal(err)
	}
	await(t, a, "b", with("b", func(m structs.Member) bool { return m.Status == structs.MemberAlive }))
	if err := b.Stop(); err != nil {
		t.Fatal(err)
	}
	_, err := a.Rotate()
	if err == nil || !strings.Contains(err.Error(), "1 of 2 members answer; not heard from: server host-b") {
		t.Errorf("rotate without an answer: %v", err)
	}
	if !bytes.Equal(a.Key(), key) {
		t.Errorf("the key is %x", a.Key())
	}
	await(t, a, "b's end", with("b", func(m structs.Member) bool { return m.Status == structs.MemberFailed }))
	done, err := a.Rotate()
	if err != nil || done.Members != 1 || len(done.Down) != 1 || done.Down[0] != "host-b" || bytes.Equal(a.Key(), key) {
		t.Errorf("rotate without one that has failed: %+v, %v", done, err)
	}
	if _, err := start(t, "c", nil).Rotate(); structs.KindOf(err) != structs.KindUnsupportedFeature {
		t.Errorf("rotate in the clear: %v", err)
	}
}

// A damaged file of keys is told, and what to do about it.
func TestDamagedKeys(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"", "[]", `["x"]`, `["AAAA"]`} {
		if err := os.WriteFile(filepath.Join(dir, "gossip.keys"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := New(Config{
			Self: structs.Member{ID: "a", Name: "a", Role: structs.RoleServer}, Bind: "127.0.0.1", Key: make([]byte, 32), DataDir: dir, Logger: slog.New(slog.DiscardHandler),
		})
		if err == nil || !strings.Contains(err.Error(), "damaged; remove the file") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A member that is there answers when it is asked, and one that is not does not.
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

// A member that has left may still be asked to change what it says, long after that.
func TestSayAfterGoodbye(t *testing.T) {
	m := start(t, "a", nil)
	if err := m.Leave(); err != nil {
		t.Fatal(err)
	}
	if err := m.Say(func(self *structs.Member) { self.Zone = "b" }); err == nil {
		t.Error("a member that has left said something")
	}
}

// With a flipped bit in the file of its keys a server uses no key that nobody made, and hands none
// on.
func TestFlippedKeys(t *testing.T) {
	path, first := filepath.Join(t.TempDir(), "gossip.keys"), bytes.Repeat([]byte{7}, keySize)
	minted := mintKey(time.Now(), 0)
	whole, err := json.Marshal([][]byte{minted, first})
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(whole) {
		flipped := bytes.Clone(whole)
		flipped[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		ring, err := openKeyring(path, first)
		if err != nil {
			if !strings.Contains(err.Error(), "damaged; remove the file") {
				t.Errorf("%s: %v", flipped, err)
			}
			continue
		}
		if !bytes.Equal(ring.GetPrimaryKey(), minted) || len(ring.GetKeys()) != 2 {
			t.Errorf("%s gives the keys %x", flipped, ring.GetKeys())
		}
	}
	server := start(t, "a", func(c *Config) { c.Key = first })
	for bit := range 8 * keySize {
		flipped := bytes.Clone(minted)
		flipped[bit/8] ^= 1 << (bit % 8)
		if taken, err := server.Take(flipped); taken || err == nil {
			t.Errorf("with bit %d flipped another server's key is taken: %v", bit, err)
		}
	}
	if taken, err := server.Take(minted); !taken || err != nil {
		t.Errorf("the key of another server is not taken: %v", err)
	}
}
