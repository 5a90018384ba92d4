package fsm

import (
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putAccessKey(tx *state.Tx, _ uint64, cmd structs.PutAccessKey) (string, error) {
	if b := tx.Bootstrap(); cmd.First && b != nil {
		return "", structs.Errorf(structs.KindConflict,
			"the first access key was made at %s: it is %s. Make others with `gantry key create`; with the cluster's secret (--secret-file) that needs no key",
			b.At.Std().Format(time.RFC3339), b.Key)
	}
	if tx.AccessKey(cmd.Key.ID) != nil {
		return "", structs.Errorf(structs.KindConflict, "there is an access key %s", cmd.Key.ID)
	}
	if cmd.First {
		tx.PutBootstrap(&structs.Bootstrap{Key: cmd.Key.ID, At: cmd.Key.CreatedAt})
	}
	tx.PutAccessKey(&cmd.Key)
	return cmd.Key.ID, nil
}

func deleteAccessKey(tx *state.Tx, _ uint64, cmd structs.DeleteAccessKey) (string, error) {
	k := tx.AccessKey(cmd.ID)
	if k == nil {
		return "", structs.Errorf(structs.KindResourceNotFound, "there is no access key %s", cmd.ID)
	}
	tx.RemoveAccessKey(k)
	return k.ID, nil
}
