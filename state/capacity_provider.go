package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

func lessProvider(a, b *structs.CapacityProvider) bool { return a.Name < b.Name }

// CapacityProvider gives the capacity provider of a name, also one that every installation has; nil
// when there is none.
func (s *Snapshot) CapacityProvider(name string) *structs.CapacityProvider {
	for _, p := range structs.FargateProviders() {
		if p.Name == name {
			return p
		}
	}
	p, _ := s.providers.get(&structs.CapacityProvider{Name: name})
	return p
}

// CapacityProviders gives the capacity providers of users by name, deleted ones that are not
// forgotten yet too.
func (s *Snapshot) CapacityProviders() iter.Seq[*structs.CapacityProvider] { return s.providers.all() }

// PutCapacityProvider adds or replaces a capacity provider.
func (tx *Tx) PutCapacityProvider(p *structs.CapacityProvider) { tx.providers.put(p) }

// RemoveCapacityProvider forgets a capacity provider.
func (tx *Tx) RemoveCapacityProvider(p *structs.CapacityProvider) { tx.providers.remove(p) }
