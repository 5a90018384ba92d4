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

// keysOf returns the keys in the file of a server.
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

// keyedServers start servers with a common first key and a data directory for each id.
type keyedServers struct {
	first []byte
	dirs  map[string]string
}

func (k *keyedServers) start(t *testing.T, id string, change func(*Config)) *Member {
	t.Helper()
	return start(t, id, func(c *Config) {
		c.Key, c.DataDir = k.first, k.dirs[id]
		if change != nil {
			change(c)
		}
	})
}

// checkKeys fails the test where the file of a server has other keys than the one wanted.
func (k *keyedServers) checkKeys(t *testing.T, id string, want []byte) {
	t.Helper()
	if keys := keysOf(t, k.dirs[id]); len(keys) != 1 || !bytes.Equal(keys[0], want) {
		t.Errorf("%s keeps %x", id, keys)
	}
}

func alive(id string) func([]structs.Member) bool {
	return with(id, func(m structs.Member) bool { return m.Status == structs.MemberAlive })
}

// After a rotation everyone has only the new key, restarted servers too. A server that was away, or
// has only the cluster's secret, is heard once it has taken the new key. Nobody takes an older one.
func TestRotate(t *testing.T) {
	dirs := map[string]string{"a": t.TempDir(), "b": t.TempDir(), "c": t.TempDir()}
	k := &keyedServers{append(make([]byte, 31), 1), dirs}
	a, b := k.start(t, "a", nil), k.start(t, "b", nil)
	agent := start(t, "x", func(c *Config) { c.Key, c.Self.Role = k.first, structs.RoleAgent })
	stranger := start(t, "y", func(c *Config) { c.Key = append(make([]byte, 31), 9) })
	for _, m := range []*Member{b, agent} {
		if err := m.Join([]string{a.Address()}); err != nil {
			t.Fatal(err)
		}
	}
	if stranger.Join([]string{a.Address()}) == nil {
		t.Error("a member with another key got in")
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
	if bytes.Equal(second, k.first) || !bytes.Equal(a.Key(), second) || !bytes.Equal(agent.Key(), second) {
		t.Errorf("keys: %x, %x, %x", a.Key(), second, agent.Key())
	}
	for _, id := range []string{"a", "b"} {
		k.checkKeys(t, id, second)
	}
	b = k.restart(t, b, a)
	late := k.joinLate(t, a)
	k.checkKeys(t, "c", second)
	for _, m := range []*Member{a, b} {
		await(t, m, "c", alive("c"))
	}
	rotateAgain(t, a, late)
	for _, old := range [][]byte{k.first, second, a.Key()} {
		if taken, err := a.Take(old); taken || err != nil {
			t.Errorf("took %x: %v", old, err)
		}
	}
}

// restart restarts server b, which joins by another one with the key that it kept.
func (k *keyedServers) restart(t *testing.T, b, other *Member) *Member {
	t.Helper()
	_, port, _ := net.SplitHostPort(b.Address())
	if err := b.Stop(); err != nil {
		t.Fatal(err)
	}
	b = k.start(t, "b", func(c *Config) {
		c.Self.Expect = 7
		c.Port, _ = strconv.Atoi(port)
	})
	if err := b.Join([]string{other.Address()}); err != nil {
		t.Fatal(err)
	}
	await(t, other, "b again", with("b", func(m structs.Member) bool {
		return m.Status == structs.MemberAlive && m.Expect == 7
	}))
	return b
}

// joinLate starts server c, which knows only the first key, and takes another one's.
func (k *keyedServers) joinLate(t *testing.T, other *Member) *Member {
	t.Helper()
	late := k.start(t, "c", nil)
	if late.Join([]string{other.Address()}) == nil {
		t.Error("the key before the rotation is still accepted")
	}
	if taken, err := late.Take(other.Key()); !taken || err != nil {
		t.Fatal(taken, err)
	}
	if err := late.Join([]string{other.Address()}); err != nil {
		t.Error(err)
	}
	return late
}

// rotateAgain rotates until it succeeds. What was said in the first rotation still travels, and a
// server that came late does what it was told then. A server then asks the others which key is in
// use, and the rotation is repeated.
func rotateAgain(t *testing.T, m, late *Member) {
	t.Helper()
	for try := 0; ; try++ {
		_, err := m.Rotate()
		if err == nil {
			return
		}
		if try == 3 {
			t.Fatal(err)
		}
		if _, err := late.Take(m.Key()); err != nil {
			t.Fatal(err)
		}
		await(t, m, "c again", alive("c"))
	}
}

// A member that does not answer and is not known to have failed stops a rotation. All members keep
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
