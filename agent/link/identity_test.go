package link_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/agent/link"
)

// A machine whose identity file has a flipped bit, or is cut short, does not become another
// container instance.
func TestFlippedIdentity(t *testing.T) {
	dir := t.TempDir()
	id, err := link.Identity(dir, "default")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "agent", "instance.json")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		switch got, err := link.Identity(dir, "default"); {
		case err == nil && got != id:
			t.Errorf("%q makes it instance %s, not %s", content, got, id)
		case err != nil && !strings.Contains(err.Error(), "instance.json is damaged"):
			t.Errorf("%q: %v", content, err)
		}
	}
	for bit := range 8 * len(whole) {
		flipped := bytes.Clone(whole)
		flipped[bit/8] ^= 1 << (bit % 8)
		try(flipped)
		try(whole[:bit/8])
	}
}
