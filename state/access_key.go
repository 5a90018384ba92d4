package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var accessKeys = Declare(Declaration[structs.AccessKey]{
	Table: 17, Name: "access keys",
	Less: func(a, b *structs.AccessKey) bool { return a.ID < b.ID },
})

// bootstraps has one row once the first access key was created.
var bootstraps = Declare(Declaration[structs.Bootstrap]{
	Table: 18, Name: "bootstraps",
	Less: func(_, _ *structs.Bootstrap) bool { return false },
})

// AccessKey returns the access key with an id, or nil if there is none.
func (s *Snapshot) AccessKey(id string) *structs.AccessKey {
	return accessKeys.get(s, &structs.AccessKey{ID: id})
}

// AccessKeys returns all access keys by id.
func (s *Snapshot) AccessKeys() iter.Seq[*structs.AccessKey] { return accessKeys.all(s) }

// PutAccessKey adds an access key.
func (tx *Tx) PutAccessKey(k *structs.AccessKey) { accessKeys.put(tx, k) }

// RemoveAccessKey removes an access key.
func (tx *Tx) RemoveAccessKey(k *structs.AccessKey) { accessKeys.remove(tx, k) }

// Bootstrap returns the record of the first access key, or nil if none was created yet.
func (s *Snapshot) Bootstrap() *structs.Bootstrap { return bootstraps.get(s, &structs.Bootstrap{}) }

// PutBootstrap records that the first access key was created.
func (tx *Tx) PutBootstrap(b *structs.Bootstrap) { bootstraps.put(tx, b) }
