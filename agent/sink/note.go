package sink

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gantry-project/gantry/internal/wholefile"
)

// note is what a shipper keeps on disk.
type note struct {
	// Positions has, for each stream by its key, the position of the last event that the target
	// has.
	Positions map[string]string `json:"positions"`
	// Dropped is how many lines were dropped before they could be shipped, since the file exists.
	Dropped int64 `json:"dropped"`

	changed bool
}

// readNote reads a note. One that is missing is empty.
func readNote(path string) (n note, err error) {
	n.Positions = map[string]string{}
	text, err := wholefile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return n, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &n)
	}
	if err != nil {
		return n, fmt.Errorf("read how much a log sink has (%s; without the file everything that is kept is shipped again): %w", path, err)
	}
	return n, nil
}

func (n *note) set(key, position string) { n.Positions[key], n.changed = position, true }

// keep forgets all streams but those that are there.
func (n *note) keep(there map[string]bool) {
	for key := range n.Positions {
		if !there[key] {
			delete(n.Positions, key)
			n.changed = true
		}
	}
}

// write writes the note if it changed since.
func (n *note) write(path string) error {
	if !n.changed {
		return nil
	}
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := wholefile.Write(path, text); err != nil {
		return fmt.Errorf("note what a log sink has: %w", err)
	}
	n.changed = false
	return nil
}
