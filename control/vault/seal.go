package vault

import (
	"context"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Seal seals a value under a name.
type Seal func(name string, content []byte) structs.SealedValue

// ApplySealed applies the command that make returns, for verbs of other packages whose rows have
// sealed values. make is called again if the key of secrets is replaced meanwhile. What keeps a
// sealed value must be in resealBatch and in fsm's reseal, or a rotation loses it.
func (v *Vault) ApplySealed(ctx context.Context, make func(Seal) structs.Command) (structs.Applied, error) {
	return v.apply(ctx, func(key *sealingKey) structs.Command { return make(key.seal) })
}

// Unseal opens a value that ApplySealed sealed under a name.
func (v *Vault) Unseal(snap *state.Snapshot, name string, value structs.SealedValue) ([]byte, error) {
	return v.unseal(snap, name, value)
}
