package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func protectTasks(tx *state.Tx, index uint64, cmd structs.ProtectTasks) (string, error) {
	for _, id := range cmd.Tasks {
		old := tx.Task(id)
		if old == nil || !old.Holds() || old.ProtectedUntil == cmd.Until {
			continue
		}
		t := *old
		t.ProtectedUntil = cmd.Until
		t.Version++
		tx.PutTask(&t)
		wake(tx, index, cmd.At, t.Job, structs.BecauseProtectionChanged)
	}
	return "", nil
}
