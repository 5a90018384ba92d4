package files_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// mounting is a task with files of a job file, whose files are as of a version.
func mounting(version int) structs.Assignment {
	as := with(structs.ContainerDefinition{Files: []structs.ConfigFile{{Name: "f"}}})
	as.Task.Files = &structs.FilesState{Wanted: version}
	return as
}

// serve has the server answer with a file of its own, and two in a directory of which one is
// updated in place.
func (h *harness) serve(version int, live string) {
	file := func(path, content string) structs.TaskFile {
		return structs.TaskFile{Container: "app", Path: path, Content: []byte(content), Mode: 0o440, UID: -1, GID: -1}
	}
	h.got = structs.TaskFiles{Version: version, Files: []structs.TaskFile{
		file("/etc/app.conf", "alone"), file("/config/live", live), file("/config/fixed", "beside"),
	}}
	h.got.Files[1].InPlace, h.got.Files[1].Signal = true, "SIGHUP"
}

// seen returns what the containers of a task see, by path.
func seen(t *testing.T, shared runtime.Shared) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, b := range shared.Binds["app"] {
		if !b.ReadOnly {
			t.Errorf("%s can be written", b.Path)
		}
		if text, err := os.ReadFile(b.HostPath); err == nil {
			all[b.Path] = string(text)
			continue
		}
		entries, err := os.ReadDir(b.HostPath)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			text, err := os.ReadFile(filepath.Join(b.HostPath, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			all[b.Path+"/"+e.Name()] = string(text)
		}
	}
	return all
}

func (h *harness) expect(live string) {
	h.Helper()
	shared, err := h.Prepare(h.Context(), mounting(0))
	if err != nil {
		h.Fatal(err)
	}
	want := map[string]string{"/etc/app.conf": "alone", "/config/live": live, "/config/fixed": "beside"}
	if got := seen(h.T, shared); !reflect.DeepEqual(got, want) {
		h.Errorf("the container sees %q, want %q", got, want)
	}
}

// The container follows a file that is updated in place through what it has mounted, and is told
// once it is complete. A version that the task has already changes nothing.
func TestUpdate(t *testing.T) {
	h := newHarness(t)
	h.serve(1, "one")
	h.expect("one")
	before, err := h.Prepare(t.Context(), mounting(1))
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	signal := func(container, signal string) error {
		told = append(told, container+" "+signal)
		h.expect("two")
		return nil
	}
	h.serve(2, "two")
	h.got.Files[0].Content = []byte("a change that is not in place")
	for _, version := range []int{1, 2, 2} {
		if err := h.Update(t.Context(), mounting(version), signal); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(told, []string{"app SIGHUP"}) || h.asked != 2 {
		t.Errorf("told %q after %d calls", told, h.asked)
	}
	if got := seen(t, before); got["/config/live"] != "two" || got["/etc/app.conf"] != "alone" {
		t.Errorf("what is mounted has %q", got)
	}
	info, err := os.Stat(before.Binds["app"][0].HostPath)
	if err != nil || info.Mode().Perm() != 0o440 {
		t.Errorf("%v %v", info, err)
	}
}

// An agent that dies before the container was told tells it later, and one that cannot write or
// asks in vain leaves what there is.
func TestUpdateCutOff(t *testing.T) {
	h := newHarness(t)
	h.serve(1, "one")
	h.expect("one")
	h.serve(2, "two")
	dies := errors.New("the agent died")
	if err := h.Update(t.Context(), mounting(2), func(string, string) error { return dies }); !errors.Is(err, dies) {
		t.Fatal(err)
	}
	h.start()
	told := 0
	count := func(string, string) error { told++; return nil }
	h.err = structs.ErrNoLeader()
	if err := h.Update(t.Context(), mounting(2), count); err == nil || told != 0 {
		t.Errorf("without a server: %v, told %d times", err, told)
	}
	h.err = structs.Errorf(structs.KindClient, "there is no secret x")
	if _, refused := errors.AsType[*runtime.Error](h.Update(t.Context(), mounting(2), count)); !refused {
		t.Error("a refusal is not told")
	}
	h.err = nil
	if err := h.Update(t.Context(), mounting(2), count); err != nil || told != 1 {
		t.Errorf("the next agent: %v, told %d times", err, told)
	}
	h.expect("two")
	h.got.Files = h.got.Files[:1]
	if err := h.Update(t.Context(), mounting(3), count); err == nil || !strings.Contains(err.Error(), "other files") {
		t.Errorf("other files: %v", err)
	}
}

// Wherever an update is cut off by a file that cannot be written, each file is whole, and the next
// update completes it.
func TestUpdateIsWhole(t *testing.T) {
	h := newHarness(t)
	h.serve(1, "one")
	h.expect("one")
	for _, name := range []string{"task.json.new", "file.new"} {
		obstacle := filepath.Join(h.dir, "i1", task, name)
		if err := os.MkdirAll(filepath.Join(obstacle, "x"), 0o700); err != nil {
			t.Fatal(err)
		}
		h.serve(2, "two")
		if err := h.Update(t.Context(), mounting(2), func(string, string) error { t.Error("told too early"); return nil }); err == nil {
			t.Errorf("%s: no error", name)
		}
		h.expect("one")
		if err := os.RemoveAll(obstacle); err != nil {
			t.Fatal(err)
		}
	}
	told := 0
	if err := h.Update(context.Background(), mounting(2), func(string, string) error { told++; return nil }); err != nil || told != 1 {
		t.Errorf("%v, told %d times", err, told)
	}
	h.expect("two")
	for _, path := range h.left() {
		if strings.HasSuffix(path, ".new") {
			t.Errorf("%s is left", path)
		}
	}
}

func TestOwner(t *testing.T) {
	h := newHarness(t)
	h.serve(1, "one")
	h.got.Files[0].UID, h.got.Files[0].GID = 1000, 1001
	_, err := h.Prepare(t.Context(), mounting(1))
	if refusal, refused := errors.AsType[*runtime.Error](err); os.Getuid() == 0 && err != nil || os.Getuid() != 0 && (!refused || !strings.Contains(refusal.Reason, "not root")) {
		t.Errorf("got %v", err)
	}
}
