package server_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// What is left of a snapshot that was being written when the server ended, for a full disk, is
// removed.
func TestUnfinishedSnapshotsAreRemoved(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		fill(t, c)
		snapshot(t, c.Server(), 4)
		before := dump(t, c)
		c.StopServer()
		whole := testutil.Files(t, c.Dir)
		for _, left := range []string{"server/snapshots/2-900-1.tmp/state.bin", "server/restore-123.tmp"} {
			path := filepath.Join(c.Dir, left)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte("a part"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c.StartServer()
		if after := testutil.Files(t, c.Dir); !slices.Equal(whole, after) {
			t.Errorf("the data directory has %q, not %q", after, whole)
		}
		if dump(t, c) != before {
			t.Error("the state has changed")
		}
	})
}

// A restore is refused where there is no room for the snapshot, and what the leader's log needs
// stays free.
func TestRestoreOnAFullDisk(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		c := testutil.NewCluster(t)
		testutil.SmallDisk(t, c.Dir, "32m")
		c.StartServer()
		// The disk is unmounted after the server has stopped. The end of the test would do it
		// before.
		defer c.StopServer()
		for range 20 {
			register(t, c.Control(), structs.Tag{Key: "much", Value: strings.Repeat("x", 250)})
		}
		var saved bytes.Buffer
		if err := c.Server().SaveSnapshot(t.Context(), &saved); err != nil {
			t.Fatal(err)
		}
		register(t, c.Control())
		before, files := dump(t, c), testutil.Files(t, c.Dir)
		const least = 16 << 20
		for _, room := range []int64{least - 1, least + int64(saved.Len())*3/2} {
			if err := testutil.FillDisk(c.Dir, room); err != nil {
				t.Fatal(err)
			}
			_, err := c.Server().RestoreSnapshot(t.Context(), bytes.NewReader(saved.Bytes()), true)
			if structs.KindOf(err) != structs.KindUnavailable || !strings.Contains(err.Error(), "nothing was changed") ||
				!strings.Contains(err.Error(), "free some space") {
				t.Errorf("with room for %d bytes: %v", room, err)
			}
			if err := testutil.EmptyDisk(c.Dir); err != nil {
				t.Fatal(err)
			}
			if after := testutil.Files(t, c.Dir); dump(t, c) != before || !slices.Equal(files, after) {
				t.Errorf("a restore that was refused changed something: there is %q, not %q", after, files)
			}
		}
		if _, err := c.Server().RestoreSnapshot(t.Context(), bytes.NewReader(saved.Bytes()), true); err != nil {
			t.Error("with room for it:", err)
		}
	})
}
