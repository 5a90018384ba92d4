package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func registerTaskDefinition(tx *state.Tx, _ uint64, cmd structs.RegisterTaskDefinition) (string, error) {
	d := cmd.Definition
	d.Revision = tx.NextRevision(d.Family)
	d.Status = structs.DefinitionActive
	tx.PutTaskDefinition(&d)
	tx.PutTags(structs.TaskDefinitionKey(d.Key()), cmd.Tags)
	return d.Key(), nil
}

func updateTaskDefinitions(tx *state.Tx, _ uint64, cmd structs.UpdateTaskDefinitions) (string, error) {
	for _, key := range cmd.Definitions {
		old := tx.TaskDefinition(key)
		if old == nil {
			return "", structs.ErrTaskDefinitionNotFound()
		}
		d := *old
		switch {
		case cmd.Status == structs.DefinitionInactive && old.Status == structs.DefinitionActive:
			d.DeregisteredAt = cmd.At
		case cmd.Status == structs.DefinitionDeleteInProgress && old.Status == structs.DefinitionInactive:
			d.DeleteRequestedAt = cmd.At
		default: // already there, or not an allowed transition
			continue
		}
		d.Status = cmd.Status
		tx.PutTaskDefinition(&d)
	}
	return "", nil
}
