package wholefile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestWriteAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, content := range []string{"", "a", "two\nlines\n"} {
		if err := Write(path, []byte(content)); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(path); err != nil || string(got) != content {
			t.Errorf("of %q there is %q, %v", content, got, err)
		}
	}
	if _, err := Read(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	if err := os.WriteFile(path, []byte("no checksum"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := Read(path); !errors.Is(err, ErrDamaged) {
		t.Errorf("a file without a checksum: %q, %v", got, err)
	}
}

// A bit that has changed is found.
func TestFlips(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	content := []byte("what is in it")
	if err := Write(path, content); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(whole) {
		flipped := bytes.Clone(whole)
		flipped[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := Read(path); !errors.Is(err, ErrDamaged) {
			t.Errorf("with bit %d flipped: %q, %v", bit, got, err)
		}
	}
}

// A write that fails leaves the file as it was, and nothing beside it.
func TestFailedWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	if err := os.Mkdir(path, 0o700); err != nil { // cannot be replaced by a file
		t.Fatal(err)
	}
	if err := Write(path, []byte("x")); err == nil {
		t.Error("a directory was replaced")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("there is %v, %v", left, err)
	}
}
