package state

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var loadBalancers = Declare(Declaration[structs.LoadBalancer]{
	Table: 60, Name: "load balancers",
	Topics: trafficTopic[structs.LoadBalancer],
	Less:   func(a, b *structs.LoadBalancer) bool { return a.ID < b.ID },
	Indexes: []Index[structs.LoadBalancer]{
		loadBalancersByName: {
			Of:   func(r *structs.LoadBalancer) string { return r.Name },
			Less: func(a, b *structs.LoadBalancer) bool { return a.Name < b.Name },
		},
	},
})

const loadBalancersByName = 0

// LoadBalancer returns a load balancer by id, or nil if there is none.
func (s *Snapshot) LoadBalancer(id string) *structs.LoadBalancer {
	return loadBalancers.get(s, &structs.LoadBalancer{ID: id})
}

// LoadBalancerNamed returns a load balancer by name, or nil if there is none.
func (s *Snapshot) LoadBalancerNamed(name string) *structs.LoadBalancer {
	return loadBalancers.find(s, loadBalancersByName, &structs.LoadBalancer{Name: name})
}

// LoadBalancers returns all load balancers by id.
func (s *Snapshot) LoadBalancers() iter.Seq[*structs.LoadBalancer] { return loadBalancers.all(s) }

// PutLoadBalancer adds a load balancer, or replaces the one of the same id.
func (tx *Tx) PutLoadBalancer(b *structs.LoadBalancer) { loadBalancers.put(tx, b) }

// RemoveLoadBalancer removes a load balancer.
func (tx *Tx) RemoveLoadBalancer(b *structs.LoadBalancer) { loadBalancers.remove(tx, b) }
