package testutil

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// SmallDisk mounts a disk of a size, such as "1m", on a directory until the end of the test. It
// skips the test if that is impossible.
func SmallDisk(t testing.TB, dir, size string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("gantry-test", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("NO DISK IS MADE, so nothing is tested on one that is full: mounting one, which needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
}

// ballast is the file that fills a disk.
const ballast = "ballast"

// FillDisk fills the disk of a directory until that many bytes are left, or slightly fewer.
func FillDisk(dir string, leave int64) error {
	f, err := os.OpenFile(filepath.Join(dir, ballast), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	for size := 1 << 20; size > 0; size /= 2 {
		for block := make([]byte, size); err == nil; {
			_, err = f.Write(block)
		}
		if !errors.Is(err, syscall.ENOSPC) {
			return err
		}
		err = nil
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return f.Truncate(max(0, info.Size()-leave))
}

// EmptyDisk undoes FillDisk.
func EmptyDisk(dir string) error { return os.Remove(filepath.Join(dir, ballast)) }

// Files returns the names below a directory, folders with a slash, without the file that fills the
// disk.
func Files(t testing.TB, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if entry != nil && entry.IsDir() {
			name += "/"
		}
		if err == nil && name != "./" && !strings.HasPrefix(name, ballast) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// FlipBit flips a bit in one of the files below a directory, and returns which. number returns a
// random number less than its argument.
func FlipBit(t testing.TB, dir string, number func(below int) int) (what string) {
	t.Helper()
	var full []string
	for _, name := range Files(t, dir) {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && !info.IsDir() && info.Size() > 0 {
			full = append(full, name)
		}
	}
	name := full[number(len(full))]
	path := filepath.Join(dir, name)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bit := number(8 * len(content))
	content[bit/8] ^= 1 << (bit % 8)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("bit %d of %s", bit, name)
}

// EachFlip calls check with each bit of a file flipped in turn, and with the file cut off after
// each byte.
func EachFlip(t testing.TB, path string, check func(what string, content []byte)) {
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
