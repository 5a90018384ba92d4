package fsm

import (
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// A service's change of a file that is updated in place reaches the tasks that it has, and only
// those; what their agents report is kept.
func TestFollowFiles(t *testing.T) {
	content := func(text string) []structs.LiveFile {
		return []structs.LiveFile{{Container: "app", Name: "live", Content: text}}
	}
	old := &structs.Job{ID: "s1", Version: 4, Files: content("a"), FilesVersion: 2}
	for _, c := range []struct {
		old   *structs.Job
		files []structs.LiveFile
		want  int
	}{
		{old, content("a"), 2}, {old, content("b"), 5}, {old, nil, 5}, {nil, content("a"), 5}, {nil, nil, 0},
	} {
		next := &structs.Job{ID: "s1", Version: 5, Files: c.files}
		wanted := 2
		if c.old != nil && c.want == 5 {
			wanted = 5
		}
		err := state.New().Update(1, func(tx *state.Tx) error {
			for id, status := range map[string]structs.TaskStatus{"running": structs.TaskRunning, "stopped": structs.TaskStopped} {
				tx.PutTask(&structs.Task{ID: id, Job: "s1", Cluster: "prod", Instance: "i1", LastStatus: status, Files: &structs.FilesState{Wanted: 2, Applied: 2}})
			}
			tx.PutTask(&structs.Task{ID: "queued", Job: "s1", Cluster: "prod", LastStatus: structs.TaskProvisioning})
			followFiles(tx, c.old, next)
			if next.FilesVersion != c.want {
				t.Errorf("files %v after %+v are of version %d, want %d", c.files, c.old, next.FilesVersion, c.want)
			}
			if got := *tx.Task("running").Files; got != (structs.FilesState{Wanted: wanted, Applied: 2}) {
				t.Errorf("the running task has %+v, want version %d", got, wanted)
			}
			if tx.Task("stopped").Files.Wanted != 2 || tx.Task("queued").Files != nil {
				t.Error("a task that has no agent was told")
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestMergeFiles(t *testing.T) {
	task := &structs.Task{Files: &structs.FilesState{Wanted: 3, Applied: 1}}
	for _, c := range []struct {
		report  *structs.FilesState
		changes bool
		want    structs.FilesState
	}{
		{nil, false, structs.FilesState{Wanted: 3, Applied: 1}},
		{&structs.FilesState{Applied: 1, Problem: "gone"}, true, structs.FilesState{Wanted: 3, Applied: 1, Problem: "gone"}},
		{&structs.FilesState{Applied: 1, Problem: "gone"}, false, structs.FilesState{Wanted: 3, Applied: 1, Problem: "gone"}},
		{&structs.FilesState{Applied: 3}, true, structs.FilesState{Wanted: 3, Applied: 3}},
		{&structs.FilesState{Applied: 2}, false, structs.FilesState{Wanted: 3, Applied: 3}},
	} {
		if changed := mergeFiles(task, c.report); changed != c.changes || *task.Files != c.want {
			t.Errorf("after %+v: %v, %+v; want %v, %+v", c.report, changed, *task.Files, c.changes, c.want)
		}
	}
	if mergeFiles(&structs.Task{}, &structs.FilesState{Applied: 1}) {
		t.Error("a report about files that nobody wants changed a task")
	}
}
