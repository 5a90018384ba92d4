package files_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/agent/files"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

const task = "0123456789abcdef0123456789abcdef"

// harness is the files of an instance, which come from the test.
type harness struct {
	*testing.T
	*files.Files
	dir   string
	got   structs.TaskFiles // what the server answers
	err   error
	asked int
}

// TaskFiles is the server's.
func (h *harness) TaskFiles(_ context.Context, instance, id string) (structs.TaskFiles, error) {
	if h.asked++; instance != "i1" || id != task {
		h.Errorf("asked for task %s of instance %s", id, instance)
	}
	return h.got, h.err
}

func newHarness(t *testing.T) *harness {
	h := &harness{T: t, dir: t.TempDir()}
	h.start()
	return h
}

// start is a new process of the agent.
func (h *harness) start() {
	h.Files = files.New(files.Config{Instance: "i1", Server: h, Dir: h.dir})
}

func with(c structs.ContainerDefinition) structs.Assignment {
	c.Name = "app"
	return structs.Assignment{
		Task:       &structs.Task{ID: task},
		Definition: &structs.TaskDefinition{ContainerDefinitions: []structs.ContainerDefinition{c}},
	}
}

var withEnvironment = with(structs.ContainerDefinition{EnvironmentFiles: []structs.EnvironmentFile{{Type: "s3", Value: "arn:aws:s3:::b/f.env"}}})

func (h *harness) prepare() runtime.Shared {
	h.Helper()
	shared, err := h.Prepare(h.Context(), withEnvironment)
	if err != nil {
		h.Fatal(err)
	}
	return shared
}

// left returns the files that are there.
func (h *harness) left() (all []string) {
	h.Helper()
	if err := filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
		if path != h.dir {
			all = append(all, strings.TrimPrefix(path, h.dir+"/"))
		}
		return err
	}); err != nil {
		h.Fatal(err)
	}
	return all
}

func TestNeeds(t *testing.T) {
	h := newHarness(t)
	none := with(structs.ContainerDefinition{})
	if h.Needs(none) || !h.Needs(withEnvironment) {
		t.Error("a task needs files if a container has environment files, and only then")
	}
	none.Overrides = &structs.TaskOverride{ContainerOverrides: []structs.ContainerOverride{{Name: "app", EnvironmentFiles: []structs.EnvironmentFile{{}}}}}
	if !h.Needs(none) {
		t.Error("the override's environment files are not noticed")
	}
}

// A task keeps what it got when it started: a later agent does not ask again. Nothing is left after
// it.
func TestEnvironment(t *testing.T) {
	h := newHarness(t)
	h.got.Environment = map[string]map[string]string{"app": {"A": "1"}}
	want := runtime.Shared{Defaults: h.got.Environment}
	if got := h.prepare(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	h.got.Environment, h.err = nil, errors.New("no server answers")
	h.start()
	if got := h.prepare(); !reflect.DeepEqual(got, want) || h.asked != 1 {
		t.Errorf("a later agent: %+v after %d calls", got, h.asked)
	}
	if info, err := os.Stat(filepath.Join(h.dir, "i1", task, "task.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	if err := h.Sweep(t.Context(), func(id string) bool { return id == task }); err != nil || len(h.left()) != 3 {
		t.Errorf("after a sweep of other tasks there is %q (%v)", h.left(), err)
	}
	for range 2 {
		if err := h.Release(t.Context(), task); err != nil {
			t.Error(err)
		}
	}
	if err := h.Sweep(t.Context(), func(string) bool { return false }); err != nil || len(h.left()) != 0 {
		t.Errorf("left are %q (%v)", h.left(), err)
	}
}

// An agent that dies while it writes leaves an incomplete directory: the next one begins anew, and
// the sweep removes it.
func TestIncomplete(t *testing.T) {
	h := newHarness(t)
	h.got.Environment = map[string]map[string]string{"app": {"A": "1"}}
	half := filepath.Join(h.dir, "i1", task+".new")
	begin := func() {
		if err := os.MkdirAll(half, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(half, "task.json"), []byte(`{"env`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	begin()
	if got := h.prepare(); got.Defaults["app"]["A"] != "1" {
		t.Errorf("%+v", got)
	}
	if got := h.left(); !reflect.DeepEqual(got, []string{"i1", "i1/" + task, "i1/" + task + "/task.json"}) {
		t.Errorf("there is %q", got)
	}
	if err := h.Release(t.Context(), task); err != nil {
		t.Error(err)
	}
	begin()
	if err := h.Sweep(t.Context(), func(string) bool { return false }); err != nil || len(h.left()) != 0 {
		t.Errorf("left are %q (%v)", h.left(), err)
	}
}

// A refusal ends the task with the server's words; without an answer it is tried again.
func TestRefusal(t *testing.T) {
	for _, c := range []struct {
		err  error
		ends bool
	}{
		{structs.ErrBucketNotMapped("b"), true},
		{structs.Errorf(structs.KindAccessDenied, "not allowed"), true},
		{structs.ErrNoLeader(), false},
		{structs.Errorf(structs.KindInternal, "internal error"), false},
		{errors.New("connection refused"), false},
	} {
		h := newHarness(t)
		h.err = c.err
		_, err := h.Prepare(t.Context(), withEnvironment)
		refusal, ends := errors.AsType[*runtime.Error](err)
		if ends != c.ends || ends && (refusal.Name != "ResourceInitializationError" || refusal.Reason != c.err.Error()) {
			t.Errorf("%v: %v", c.err, err)
		}
		if len(h.left()) != 0 {
			t.Errorf("%v: left are %q", c.err, h.left())
		}
	}
}

func TestNoDirectory(t *testing.T) {
	f := files.New(files.Config{Instance: "i1", NoDir: errors.New("start it with --files-dir")})
	if _, err := f.Prepare(t.Context(), withEnvironment); err == nil || !strings.Contains(err.Error(), "ResourceInitializationError: start it with --files-dir") {
		t.Errorf("got %v", err)
	}
	if err := errors.Join(f.Release(t.Context(), task), f.Sweep(t.Context(), func(string) bool { return false })); err != nil {
		t.Error(err)
	}
}

// Only a directory in memory is taken, and none is made on a disk.
func TestMakeDir(t *testing.T) {
	memory, err := os.MkdirTemp("/dev/shm", "gantry-test-")
	if err != nil {
		t.Skip("this machine has no /dev/shm:", err)
	}
	defer os.RemoveAll(memory)
	dir := filepath.Join(memory, "a", "b")
	if err := files.MakeDir(dir); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info, err)
	}
	if err := os.Symlink(dir, filepath.Join(memory, "link")); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{
		filepath.Join(memory, "link"): "not a directory of this user's", "relative": "not an absolute path", memory + "/../x": "not an absolute path", "/proc/x": "not in memory",
	} {
		if err := files.MakeDir(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", dir, err, want)
		}
	}
	if dir, err := files.DefaultDir(); err != nil || !filepath.IsAbs(dir) {
		t.Errorf("the default is %q: %v", dir, err)
	}
}
