package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var vaultKeys = Declare(Declaration[structs.VaultKey]{
	Table: 50, Name: "vault keys",
	Less: func(a, b *structs.VaultKey) bool { return a.Number < b.Number },
})

// VaultKeys returns the keys of secrets and parameters by number. There are two or more only during
// a rotation.
func (s *Snapshot) VaultKeys() iter.Seq[*structs.VaultKey] { return vaultKeys.all(s) }

// NewestVaultKey returns the key that new values are sealed with, or nil if there is none yet.
func (s *Snapshot) NewestVaultKey() (newest *structs.VaultKey) {
	for k := range vaultKeys.all(s) {
		newest = k
	}
	return newest
}

// VaultKey returns the key with an id, or nil if there is none.
func (s *Snapshot) VaultKey(id string) *structs.VaultKey {
	for k := range vaultKeys.all(s) {
		if k.ID == id {
			return k
		}
	}
	return nil
}

// PutVaultKey adds a key.
func (tx *Tx) PutVaultKey(k *structs.VaultKey) { vaultKeys.put(tx, k) }

// RemoveVaultKey removes a key.
func (tx *Tx) RemoveVaultKey(k *structs.VaultKey) { vaultKeys.remove(tx, k) }
