package server

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// eachFlip calls check with each bit of a file flipped in turn, and with the file cut off after
// each byte.
func eachFlip(t *testing.T, path string, check func(what string, content []byte)) {
	t.Helper()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		check(what, content)
	}
	for bit := range 8 * len(whole) {
		flipped := bytes.Clone(whole)
		flipped[bit/8] ^= 1 << (bit % 8)
		try("flipped", flipped)
		try("cut", whole[:bit/8])
	}
}

// With a flipped bit in the file of its id a server is no other server.
func TestFlippedID(t *testing.T) {
	dir := t.TempDir()
	id, err := identity(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := identity(dir, ""); err != nil || again == id {
		t.Errorf("without a log it is server %s, %v, which it was before", again, err)
	} else {
		id = again
	}
	if err := os.WriteFile(filepath.Join(dir, serverDir, logFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	eachFlip(t, filepath.Join(dir, serverDir, "id"), func(what string, content []byte) {
		switch got, err := identity(dir, ""); {
		case err == nil && got != id:
			t.Errorf("%s %q: it is server %s, not %s", what, content, got, id)
		case err != nil && !(strings.Contains(err.Error(), "damaged") && strings.Contains(err.Error(), "or move ")):
			t.Errorf("%s %q: %v", what, content, err)
		}
	})
	if err := os.WriteFile(filepath.Join(dir, serverDir, "id"), []byte(id+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := identity(dir, ""); err != nil || got != id {
		t.Errorf("an id that an older version wrote: %q, %v", got, err)
	}
}

// With a flipped bit in what it agreed to, a server agrees to no other cluster.
func TestFlippedPromise(t *testing.T) {
	dir := t.TempDir()
	p, err := openPromise(dir)
	if err != nil {
		t.Fatal(err)
	}
	alive := func(string) bool { return true }
	if err := p.accept(proposal{By: "a", Servers: []string{"a", "b"}}, alive); err != nil {
		t.Fatal(err)
	}
	eachFlip(t, p.path, func(what string, content []byte) {
		p, err := openPromise(dir)
		if err != nil {
			if !strings.Contains(err.Error(), "damaged") || !strings.Contains(err.Error(), "remove it") {
				t.Errorf("%s %q: %v", what, content, err)
			}
			return
		}
		if err := p.accept(proposal{By: "c"}, alive); structs.KindOf(err) != structs.KindConflict || !p.includes("b") {
			t.Errorf("%s %q: it agreed to %+v", what, content, p.made)
		}
	})
}
