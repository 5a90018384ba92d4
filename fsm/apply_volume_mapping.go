package fsm

import (
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putVolumeMapping(tx *state.Tx, _ uint64, cmd structs.PutVolumeMapping) (string, error) {
	tx.PutVolumeMapping(&cmd.Mapping)
	return cmd.Mapping.ID, nil
}

func deleteVolumeMapping(tx *state.Tx, _ uint64, cmd structs.DeleteVolumeMapping) (string, error) {
	m := tx.VolumeMapping(cmd.ID)
	if m == nil {
		return "", structs.ErrVolumeNotMapped(cmd.ID)
	}
	tx.RemoveVolumeMapping(m)
	return m.ID, nil
}
