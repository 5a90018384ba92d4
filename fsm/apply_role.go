package fsm

import (
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putRole(tx *state.Tx, _ uint64, cmd structs.PutRole) (string, error) {
	switch old := tx.Role(cmd.Role.Name); {
	case cmd.Was == 0 && old != nil:
		return "", structs.Errorf(structs.KindAlreadyExists, "Role with name %s already exists.", old.Name)
	case cmd.Was == 0:
		tx.PutTags(structs.RoleKey(cmd.Role.Name), cmd.Tags)
	case old == nil:
		return "", structs.ErrRoleNotFound(cmd.Role.Name)
	case old.Version != cmd.Was:
		return "", structs.ErrRoleChanged(old.Name)
	}
	for _, arn := range cmd.Role.Attached {
		name, own := structs.PolicyName(arn)
		if p := tx.ManagedPolicy(name); own && (p == nil || !strings.HasSuffix(arn, ":"+p.Resource())) {
			return "", structs.ErrPolicyNotFound(arn)
		}
	}
	tx.PutRole(&cmd.Role)
	return cmd.Role.Name, nil
}

func deleteRole(tx *state.Tx, _ uint64, cmd structs.DeleteRole) (string, error) {
	old := tx.Role(cmd.Name)
	switch {
	case old == nil:
		return "", structs.ErrRoleNotFound(cmd.Name)
	case old.Version != cmd.Was:
		return "", structs.ErrRoleChanged(cmd.Name)
	}
	tx.PutTags(structs.RoleKey(old.Name), nil)
	tx.RemoveRole(old)
	return old.Name, nil
}
