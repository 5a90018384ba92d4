// Package wholefile keeps small files that are on disk whole or not at all, each with a checksum:
// whoever reads one learns that a bit of it is not what was written.
package wholefile

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
)

// ErrDamaged is returned for a file that is not what was written.
var ErrDamaged = errors.New("its checksum is wrong")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sumLabel begins the last line of a file, which is the CRC-32C of what comes before it in 8 hex
// digits.
const sumLabel = "\ncrc32c "

func sumLine(content []byte) []byte {
	return fmt.Appendf(nil, "%s%08x\n", sumLabel, crc32.Checksum(content, castagnoli))
}

// Write replaces the file at path by content and its checksum. Both are on disk when it returns
// nil. When it fails, the file is the one of before.
func Write(path string, content []byte) error {
	next := path + ".new"
	if err := writeSynced(next, append(bytes.Clone(content), sumLine(content)...)); err != nil {
		return errors.Join(err, removed(next))
	}
	if err := os.Rename(next, path); err != nil {
		return errors.Join(err, removed(next))
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

func writeSynced(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

func removed(path string) error {
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Read returns the content of a file, or ErrDamaged.
func Read(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	end := len(text) - len(sumLine(nil))
	if end < 0 || !bytes.Equal(text[end:], sumLine(text[:end])) {
		return nil, ErrDamaged
	}
	return text[:end], nil
}
