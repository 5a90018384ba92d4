package files

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

const (
	// recordFile has what is known of a task.
	recordFile = "task.json"
	// newSuffix is that of a directory or a file that is not complete.
	newSuffix = ".new"
)

// kept is what is known of a task's files.
type kept struct {
	Environment map[string]map[string]string `json:"environment,omitzero"`
	Files       []keptFile                   `json:"files,omitzero"`
	Version     int                          `json:"version,omitzero"`
	// Pending are the containers that are to be told about changed files.
	Pending []told `json:"pending,omitzero"`
}

// keptFile is a file of a task; its content is beside the record.
type keptFile struct {
	Container string `json:"container"`
	Path      string `json:"path"` // in the container
	// At is its path below the directory of the task. A file that is updated in place is in a
	// directory that is mounted whole: a mounted file would not follow the one that replaces it.
	At       string `json:"at"`
	WholeDir bool   `json:"wholeDir,omitzero"`
	InPlace  bool   `json:"inPlace,omitzero"`
	Mode     uint32 `json:"mode"`
	UID      int    `json:"uid"`
	GID      int    `json:"gid"`
}

// mountPath returns what the container mounts: the file, or its directory.
func (f keptFile) mountPath() string {
	if f.WholeDir {
		return path.Dir(f.Path)
	}
	return f.Path
}

// told is a signal to a container.
type told struct {
	Container string `json:"container"`
	Signal    string `json:"signal"`
}

// store keeps what tasks got, in a directory for each. The methods for one task are not called at
// the same time.
type store struct{ dir, instance string }

func (s store) of(task string) string { return filepath.Join(s.dir, s.instance, task) }

// mounted returns what of a file is mounted.
func (s store) mounted(task string, f keptFile) string {
	at := filepath.Join(s.of(task), f.At)
	if f.WholeDir {
		return filepath.Dir(at)
	}
	return at
}

// load returns what a task got; ok is false if that is not known.
func (s store) load(task string) (k kept, ok bool) {
	text, err := os.ReadFile(filepath.Join(s.of(task), recordFile))
	return k, err == nil && json.Unmarshal(text, &k) == nil
}

// record writes what is known of a task into its directory, completely or not at all.
func (store) record(dir string, k kept) error {
	text, err := json.Marshal(k)
	if err != nil {
		return err
	}
	fresh := filepath.Join(dir, recordFile+newSuffix)
	return errors.Join(os.WriteFile(fresh, text, 0o600), os.Rename(fresh, filepath.Join(dir, recordFile)))
}

// make keeps what a task got, completely or not at all.
func (s store) make(task string, got structs.TaskFiles) (kept, error) {
	k := kept{Environment: got.Environment, Files: place(got.Files), Version: got.Version}
	if err := s.remove(task); err != nil {
		return k, err
	}
	fresh := s.of(task) + newSuffix
	if err := os.MkdirAll(fresh, 0o700); err != nil {
		return k, err
	}
	for i, f := range k.Files {
		at := filepath.Join(fresh, f.At)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return k, err
		}
		// the container's user reads it through this directory, whatever the agent's umask is
		if err := os.Chmod(filepath.Dir(at), 0o755); err != nil {
			return k, err
		}
		if err := write(at, got.Files[i].Content, f); err != nil {
			return k, err
		}
	}
	if err := s.record(fresh, k); err != nil {
		return k, err
	}
	return k, os.Rename(fresh, s.of(task))
}

// place decides where the files of a task are. Those in one directory of a container are together
// if one of them is updated in place.
func place(files []structs.TaskFile) (list []keptFile) {
	for i, f := range files {
		k := keptFile{Container: f.Container, Path: f.Path, InPlace: f.InPlace, Mode: f.Mode, UID: f.UID, GID: f.GID}
		k.At = path.Join("files", f.Container, strconv.Itoa(i))
		together := func(o structs.TaskFile) bool {
			return o.Container == f.Container && path.Dir(o.Path) == path.Dir(f.Path)
		}
		if k.WholeDir = slices.ContainsFunc(files, func(o structs.TaskFile) bool { return o.InPlace && together(o) }); k.WholeDir {
			k.At = path.Join("files", f.Container, "dir"+strconv.Itoa(slices.IndexFunc(files, together)), path.Base(f.Path))
		}
		list = append(list, k)
	}
	return list
}

// write makes a file.
func write(at string, content []byte, f keptFile) error {
	if err := os.WriteFile(at, content, 0o600); err != nil {
		return err
	}
	if err := os.Chown(at, f.UID, f.GID); err != nil {
		return err
	}
	return os.Chmod(at, fs.FileMode(f.Mode))
}

// change replaces the files of a task that are updated in place and have another content, each
// completely or not at all. It returns who is to be told, which it records before.
func (s store) change(task string, k *kept, got structs.TaskFiles) ([]told, error) {
	var changed []int
	for i, f := range k.Files {
		if len(got.Files) != len(k.Files) || got.Files[i].Path != f.Path || got.Files[i].Container != f.Container {
			return nil, fmt.Errorf("the server has other files than the task")
		}
		if !f.InPlace {
			continue
		}
		was, err := os.ReadFile(filepath.Join(s.of(task), f.At))
		if err == nil && bytes.Equal(was, got.Files[i].Content) {
			continue
		}
		changed = append(changed, i)
		if to := (told{f.Container, got.Files[i].Signal}); to.Signal != "" && !slices.Contains(k.Pending, to) {
			k.Pending = append(k.Pending, to)
		}
	}
	if err := s.record(s.of(task), *k); err != nil {
		return nil, err
	}
	for _, i := range changed {
		fresh := filepath.Join(s.of(task), "file"+newSuffix) // not in a directory that is mounted
		if err := write(fresh, got.Files[i].Content, k.Files[i]); err != nil {
			return nil, err
		}
		if err := os.Rename(fresh, filepath.Join(s.of(task), k.Files[i].At)); err != nil {
			return nil, err
		}
	}
	return k.Pending, nil
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
