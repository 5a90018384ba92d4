package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var namespaces = Declare(Declaration[structs.Namespace]{
	Table: 68, Name: "namespaces",
	Topics: trafficTopic[structs.Namespace],
	Less:   func(a, b *structs.Namespace) bool { return a.ID < b.ID },
	Indexes: []Index[structs.Namespace]{
		namespacesByName: {
			Of:   func(r *structs.Namespace) string { return r.Name },
			Less: func(a, b *structs.Namespace) bool { return a.Name < b.Name },
		},
	},
})

const namespacesByName = 0

var discoveryServices = Declare(Declaration[structs.DiscoveryService]{
	Table: 69, Name: "discovery services",
	Topics: trafficTopic[structs.DiscoveryService],
	Less:   func(a, b *structs.DiscoveryService) bool { return a.ID < b.ID },
	Indexes: []Index[structs.DiscoveryService]{
		discoveryServicesByName: {
			Of: func(r *structs.DiscoveryService) string { return r.Namespace },
			Less: func(a, b *structs.DiscoveryService) bool {
				return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name)) < 0
			},
		},
	},
})

const discoveryServicesByName = 0

var discoveryInstances = Declare(Declaration[structs.DiscoveryInstance]{
	Table: 70, Name: "discovery instances",
	Topics: trafficTopic[structs.DiscoveryInstance],
	Less: func(a, b *structs.DiscoveryInstance) bool {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.ID, b.ID)) < 0
	},
})

// Namespace returns a namespace by id, or nil if there is none.
func (s *Snapshot) Namespace(id string) *structs.Namespace {
	return namespaces.get(s, &structs.Namespace{ID: id})
}

// NamespaceNamed returns a namespace by name, or nil if there is none.
func (s *Snapshot) NamespaceNamed(name string) *structs.Namespace {
	return namespaces.find(s, namespacesByName, &structs.Namespace{Name: name})
}

// Namespaces returns all namespaces by id.
func (s *Snapshot) Namespaces() iter.Seq[*structs.Namespace] { return namespaces.all(s) }

// PutNamespace adds a namespace, or replaces the one of the same id.
func (tx *Tx) PutNamespace(n *structs.Namespace) { namespaces.put(tx, n) }

// RemoveNamespace removes a namespace.
func (tx *Tx) RemoveNamespace(n *structs.Namespace) { namespaces.remove(tx, n) }

// DiscoveryService returns a service of Cloud Map by id, or nil if there is none.
func (s *Snapshot) DiscoveryService(id string) *structs.DiscoveryService {
	return discoveryServices.get(s, &structs.DiscoveryService{ID: id})
}

// DiscoveryServiceNamed returns a service of Cloud Map by namespace and name, or nil if there is
// none.
func (s *Snapshot) DiscoveryServiceNamed(namespace, name string) *structs.DiscoveryService {
	return discoveryServices.find(s, discoveryServicesByName, &structs.DiscoveryService{Namespace: namespace, Name: name})
}

// DiscoveryServices returns all services of Cloud Map by id.
func (s *Snapshot) DiscoveryServices() iter.Seq[*structs.DiscoveryService] {
	return discoveryServices.all(s)
}

// NamespaceServices returns the services of a namespace by name.
func (s *Snapshot) NamespaceServices(namespace string) iter.Seq[*structs.DiscoveryService] {
	return discoveryServices.of(s, discoveryServicesByName, &structs.DiscoveryService{Namespace: namespace})
}

// PutDiscoveryService adds a service of Cloud Map, or replaces the one of the same id.
func (tx *Tx) PutDiscoveryService(r *structs.DiscoveryService) { discoveryServices.put(tx, r) }

// RemoveDiscoveryService removes a service of Cloud Map.
func (tx *Tx) RemoveDiscoveryService(r *structs.DiscoveryService) { discoveryServices.remove(tx, r) }

// DiscoveryInstance returns an instance that a user registered, or nil if there is none.
func (s *Snapshot) DiscoveryInstance(service, id string) *structs.DiscoveryInstance {
	return discoveryInstances.get(s, &structs.DiscoveryInstance{Service: service, ID: id})
}

// DiscoveryInstances returns the instances of a service of Cloud Map that users registered, by id.
func (s *Snapshot) DiscoveryInstances(service string) iter.Seq[*structs.DiscoveryInstance] {
	return while(discoveryInstances.allFrom(s, &structs.DiscoveryInstance{Service: service}),
		func(i *structs.DiscoveryInstance) bool { return i.Service == service })
}

// PutDiscoveryInstance adds an instance, or replaces the one of the same service and id.
func (tx *Tx) PutDiscoveryInstance(i *structs.DiscoveryInstance) { discoveryInstances.put(tx, i) }

// RemoveDiscoveryInstance removes an instance.
func (tx *Tx) RemoveDiscoveryInstance(i *structs.DiscoveryInstance) { discoveryInstances.remove(tx, i) }
