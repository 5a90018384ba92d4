package files

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

const (
	// answerFile has a server's answer about a task.
	answerFile = "task.json"
	// newSuffix is that of a directory that is not complete.
	newSuffix = ".new"
)

// store keeps what tasks got, in a directory for each. The methods for one task are not called at
// the same time.
type store struct{ dir, instance string }

func (s store) of(task string) string { return filepath.Join(s.dir, s.instance, task) }

// load returns what a task got; ok is false if that is not known.
func (s store) load(task string) (got structs.TaskFiles, ok bool) {
	text, err := os.ReadFile(filepath.Join(s.of(task), answerFile))
	return got, err == nil && json.Unmarshal(text, &got) == nil
}

// save keeps what a task got, completely or not at all.
func (s store) save(task string, got structs.TaskFiles) error {
	text, err := json.Marshal(got)
	if err != nil {
		return err
	}
	if err := s.remove(task); err != nil {
		return err
	}
	fresh := s.of(task) + newSuffix
	if err := os.MkdirAll(fresh, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(fresh, answerFile), text, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, s.of(task))
}

// remove removes what is kept of a task.
func (s store) remove(task string) error {
	if s.dir == "" {
		return nil
	}
	return errors.Join(os.RemoveAll(s.of(task)), os.RemoveAll(s.of(task)+newSuffix))
}

// sweep removes what is kept of tasks that the agent does not hold.
func (s store) sweep(holds func(task string) bool) error {
	if s.dir == "" {
		return nil
	}
	entries, err := os.ReadDir(s.of(""))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, e := range entries {
		if task := strings.TrimSuffix(e.Name(), newSuffix); !holds(task) {
			errs = append(errs, s.remove(task))
		}
	}
	_ = os.Remove(s.of("")) // it is empty, or stays
	return errors.Join(errs...)
}
