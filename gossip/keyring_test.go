package gossip

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// A damaged file of keys is reported, with what to do about it.
func TestDamagedKeys(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{"", "[]", `["x"]`, `["AAAA"]`} {
		if err := os.WriteFile(filepath.Join(dir, "gossip.keys"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := New(Config{
			Self: structs.Member{ID: "a", Name: "a", Role: structs.RoleServer}, Bind: "127.0.0.1",
			Key: make([]byte, 32), DataDir: dir, Logger: slog.New(slog.DiscardHandler),
		})
		if err == nil || !strings.Contains(err.Error(), "damaged; remove the file") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// With a flipped bit in its file of keys, a server neither uses nor hands on a key that nobody
// made.
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
