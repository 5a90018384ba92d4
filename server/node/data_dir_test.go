package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/server/node"
	"github.com/gantry-project/gantry/testutil"
)

// identity opens a data directory and returns the id of its server.
func identity(t *testing.T, dir string) (string, error) {
	t.Helper()
	d, err := node.OpenDir(dir, "")
	if err != nil {
		return "", err
	}
	return d.ID, d.Close()
}

// With a flipped bit in the file of its id a server is no other server.
func TestFlippedID(t *testing.T) {
	dir := t.TempDir()
	id, err := identity(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := identity(t, dir); err != nil || again == id {
		t.Errorf("without a log it is server %s, %v, which it was before", again, err)
	} else {
		id = again
	}
	if err := os.WriteFile(filepath.Join(dir, "server", "raft.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	testutil.EachFlip(t, filepath.Join(dir, "server", "id"), func(what string, content []byte) {
		switch got, err := identity(t, dir); {
		case err == nil && got != id:
			t.Errorf("%s %q: it is server %s, not %s", what, content, got, id)
		case err != nil && !(strings.Contains(err.Error(), "damaged") && strings.Contains(err.Error(), "or move ")):
			t.Errorf("%s %q: %v", what, content, err)
		}
	})
}
