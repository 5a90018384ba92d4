package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var managedPolicies = Declare(Declaration[structs.ManagedPolicy]{
	Table: 54, Name: "managed policies",
	Less: func(a, b *structs.ManagedPolicy) bool { return a.Name < b.Name },
})

// ManagedPolicy returns the managed policy of a name, or nil if there is none.
func (s *Snapshot) ManagedPolicy(name string) *structs.ManagedPolicy {
	return managedPolicies.get(s, &structs.ManagedPolicy{Name: name})
}

// ManagedPolicies returns all managed policies by name.
func (s *Snapshot) ManagedPolicies() iter.Seq[*structs.ManagedPolicy] { return managedPolicies.all(s) }

// PutManagedPolicy adds a managed policy, or replaces the one of the same name.
func (tx *Tx) PutManagedPolicy(p *structs.ManagedPolicy) { managedPolicies.put(tx, p) }

// RemoveManagedPolicy removes a managed policy.
func (tx *Tx) RemoveManagedPolicy(p *structs.ManagedPolicy) { managedPolicies.remove(tx, p) }
