package members_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/server/members"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// With a flipped bit in its promise, a server agrees to no other cluster.
func TestFlippedPromise(t *testing.T) {
	dir := t.TempDir()
	p, err := members.OpenPromise(dir)
	if err != nil {
		t.Fatal(err)
	}
	alive := func(string) bool { return true }
	if err := p.Accept("a", []string{"a", "b"}, alive); err != nil {
		t.Fatal(err)
	}
	testutil.EachFlip(t, filepath.Join(dir, "forming.json"), func(what string, content []byte) {
		p, err := members.OpenPromise(dir)
		if err != nil {
			if !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), "remove it") {
				t.Errorf("%s %q: %v", what, content, err)
			}
			return
		}
		if err := p.Accept("c", nil, alive); structs.KindOf(err) != structs.KindConflict || !p.Includes("b") {
			t.Errorf("%s %q: it agreed to another, %v", what, content, err)
		}
	})
}
