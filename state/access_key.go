package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

func lessAccessKey(a, b *structs.AccessKey) bool { return a.ID < b.ID }

// AccessKey gives the access key of an id, nil when there is none.
func (s *Snapshot) AccessKey(id string) *structs.AccessKey {
	k, _ := s.keys.get(&structs.AccessKey{ID: id})
	return k
}

// AccessKeys gives all access keys by id.
func (s *Snapshot) AccessKeys() iter.Seq[*structs.AccessKey] { return s.keys.all() }

// PutAccessKey adds an access key.
func (tx *Tx) PutAccessKey(k *structs.AccessKey) { tx.keys.put(k) }

// RemoveAccessKey forgets an access key.
func (tx *Tx) RemoveAccessKey(k *structs.AccessKey) { tx.keys.remove(k) }

// Bootstrap tells of the making of the first access key; nil: none has been made yet.
func (s *Snapshot) Bootstrap() *structs.Bootstrap { return s.bootstrap }

// PutBootstrap notes that the first access key has been made.
func (tx *Tx) PutBootstrap(b *structs.Bootstrap) { tx.bootstrap = b }
