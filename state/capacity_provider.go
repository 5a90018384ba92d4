package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var capacityProviders = Declare(Declaration[structs.CapacityProvider]{
	Table: 14, Name: "capacity providers",
	Less: func(a, b *structs.CapacityProvider) bool { return a.Name < b.Name },
})

// CapacityProvider returns a capacity provider by name, including those that every installation
// has, or nil if there is none.
func (s *Snapshot) CapacityProvider(name string) *structs.CapacityProvider {
	for _, p := range structs.FargateProviders() {
		if p.Name == name {
			return p
		}
	}
	return capacityProviders.get(s, &structs.CapacityProvider{Name: name})
}

// CapacityProviders returns the capacity providers of users by name, including deleted ones that
// are not removed yet.
func (s *Snapshot) CapacityProviders() iter.Seq[*structs.CapacityProvider] {
	return capacityProviders.all(s)
}

// PutCapacityProvider adds or replaces a capacity provider.
func (tx *Tx) PutCapacityProvider(p *structs.CapacityProvider) { capacityProviders.put(tx, p) }

// RemoveCapacityProvider removes a capacity provider.
func (tx *Tx) RemoveCapacityProvider(p *structs.CapacityProvider) { capacityProviders.remove(tx, p) }
