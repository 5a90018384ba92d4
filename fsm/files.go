package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// followFiles sets which version of a service changed its files last. If the next one does, the
// agents of its tasks are told.
func followFiles(tx *state.Tx, old, next *structs.Job) {
	if old != nil && slices.Equal(old.Files, next.Files) {
		next.FilesVersion = old.FilesVersion
		return
	}
	if next.FilesVersion = 0; old == nil && len(next.Files) == 0 {
		return
	}
	next.FilesVersion = next.Version
	if old == nil {
		return
	}
	for _, was := range slices.Collect(tx.JobTasks(next.ID)) {
		if !was.Holds() || was.Queued() {
			continue
		}
		t := *was
		t.Files = &structs.FilesState{Wanted: next.FilesVersion}
		if was.Files != nil {
			t.Files.Applied = was.Files.Applied
		}
		t.Version++
		tx.PutTask(&t)
	}
}

// mergeFiles merges what an agent reports about files into a task, and reports whether that changed
// anything.
func mergeFiles(t *structs.Task, u *structs.FilesState) (changed bool) {
	if t.Files == nil || u == nil || u.Applied < t.Files.Applied || u.Applied == t.Files.Applied && u.Problem == t.Files.Problem {
		return false
	}
	t.Files = &structs.FilesState{Wanted: t.Files.Wanted, Applied: u.Applied, Problem: u.Problem}
	return true
}
