package gossip

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

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
