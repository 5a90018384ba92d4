package sink

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gantry-project/gantry/internal/wholefile"
	"github.com/gantry-project/gantry/structs"
)

// note is what a shipper keeps on disk.
type note struct {
	// Streams is what the target has of each stream, by its key.
	Streams map[string]shipped `json:"streams"`
	// Dropped is how many lines were dropped before they could be shipped, since the file exists.
	Dropped int64 `json:"dropped"`

	changed bool
}

// shipped is what a target has of a stream.
type shipped struct {
	Position string `json:"position"` // of the last event
	// Lines is how many of the stream's lines it has, or had to do without. It is exact when
	// everything was shipped; then it is the number of lines in the events that followed.
	Lines int64 `json:"lines"`
}

// took adds events that the target has.
func (s *shipped) took(events []structs.LogEvent) {
	for _, e := range events {
		if !e.Continues {
			s.Lines += 1 + int64(strings.Count(strings.TrimSuffix(e.Message, "\n"), "\n"))
		}
	}
	s.Position = events[len(events)-1].Position
}

// readNote reads a note. One that is missing is empty.
func readNote(path string) (n note, err error) {
	n.Streams = map[string]shipped{}
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

func (n *note) of(key string) shipped { return n.Streams[key] }

func (n *note) set(key string, s shipped) {
	if n.Streams[key] != s {
		n.Streams[key], n.changed = s, true
	}
}

// keep forgets all streams but those that are there.
func (n *note) keep(there map[string]bool) {
	for key := range n.Streams {
		if !there[key] {
			delete(n.Streams, key)
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
