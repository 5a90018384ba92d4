package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putManagedPolicy(tx *state.Tx, _ uint64, cmd structs.PutManagedPolicy) (string, error) {
	switch old := tx.ManagedPolicy(cmd.Policy.Name); {
	case cmd.Was == 0 && old != nil:
		return "", structs.Errorf(structs.KindAlreadyExists, "A policy called %s already exists. Duplicate names are not allowed.", old.Name)
	case cmd.Was == 0:
		tx.PutTags(structs.ManagedPolicyKey(cmd.Policy.Name), cmd.Tags)
	case old == nil:
		return "", structs.ErrPolicyNotFound(cmd.Policy.Name)
	case old.Version != cmd.Was:
		return "", structs.Errorf(structs.KindConflict, "The policy %s is being changed by another call; try again", old.Name)
	}
	tx.PutManagedPolicy(&cmd.Policy)
	return cmd.Policy.Name, nil
}

func deleteManagedPolicy(tx *state.Tx, _ uint64, cmd structs.DeleteManagedPolicy) (string, error) {
	old := tx.ManagedPolicy(cmd.Name)
	switch {
	case old == nil:
		return "", structs.ErrPolicyNotFound(cmd.Name)
	case old.Version != cmd.Was:
		return "", structs.Errorf(structs.KindConflict, "The policy %s is being changed by another call; try again", old.Name)
	}
	for r := range tx.Roles() {
		for _, arn := range r.Attached {
			if name, own := structs.PolicyName(arn); own && name == old.Name {
				return "", structs.Errorf(structs.KindDeleteConflict, "Cannot delete a policy attached to entities: role %s has it; detach it first.", r.Name)
			}
		}
	}
	tx.PutTags(structs.ManagedPolicyKey(old.Name), nil)
	tx.RemoveManagedPolicy(old)
	return old.Name, nil
}
