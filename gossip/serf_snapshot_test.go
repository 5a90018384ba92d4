package gossip

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// Only members with an address are kept in the file; serf would ask DNS for the others.
func TestDamagedMembers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gossip.members")
	whole := "alive: a 10.0.0.1:5749\nclock: 7\nalive: b [::1]:5749\nnot-alive: c\n"
	for _, damaged := range []string{
		"", "alive: d 1p.0.0.2:5749\n", "alive: d 10.0.0.2:57\x749\n", "alive: d\n", "alive: d10.0.0.1:5749\n",
		"alive: d 10.0.0.1:57alive: e 10.0.0.2:5749\n",
	} {
		if err := os.WriteFile(path, []byte(damaged+whole), 0o600); err != nil {
			t.Fatal(err)
		}
		s := &serfSnapshot{path: path, log: slog.New(slog.DiscardHandler)}
		if !s.open() {
			t.Fatalf("with %q the file is not taken", damaged)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != whole {
			t.Errorf("of %q there is %q, %v", damaged+whole, got, err)
		}
	}
}
