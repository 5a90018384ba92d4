package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var secrets = Declare(Declaration[structs.StoredSecret]{
	Table: 51, Name: "secrets",
	Less: func(a, b *structs.StoredSecret) bool { return a.Name < b.Name },
})

// Secret returns the secret with a name, or nil if there is none.
func (s *Snapshot) Secret(name string) *structs.StoredSecret {
	return secrets.get(s, &structs.StoredSecret{Name: name})
}

// Secrets returns all secrets by name.
func (s *Snapshot) Secrets() iter.Seq[*structs.StoredSecret] { return secrets.all(s) }

// PutSecret adds a secret, or replaces the one of the same name.
func (tx *Tx) PutSecret(secret *structs.StoredSecret) { secrets.put(tx, secret) }

// RemoveSecret removes a secret.
func (tx *Tx) RemoveSecret(secret *structs.StoredSecret) { secrets.remove(tx, secret) }
