package endpoints

import (
	"maps"
	"reflect"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// dirtyNames are the names that must be computed again: those of services by Job.ID, those of load
// balancers, and those of Cloud Map.
type dirtyNames struct {
	services  map[string]bool
	balancers bool
	discovery bool
}

// The owners of names, besides services.
const (
	ownedByBalancers = " balancers"
	ownedByDiscovery = " discovery"
)

// markNames marks the names that a row has a part in.
func (t *Table) markNames(d *dirtyNames, v View, row any) {
	switch r := row.(type) {
	case *structs.Task:
		t.markService(d, v.Job(r.Job))
	case *structs.Job:
		d.services[r.ID] = true
		t.markService(d, r)
	case *structs.Deployment:
		t.markService(d, v.Job(r.Job))
	case *structs.TargetGroup:
		for task := range v.TargetTasks(r.ID) { // whether checks are on decides who is healthy
			t.markService(d, v.Job(task.Job))
		}
	case *structs.LoadBalancer:
		d.balancers = true
	case *structs.ContainerInstance:
		d.balancers = true
		for task := range v.InstanceTasks(r.ID) {
			t.markService(d, v.Job(task.Job))
		}
	case *structs.Namespace, *structs.DiscoveryService, *structs.DiscoveryInstance:
		d.discovery = true
	}
}

func (t *Table) markService(d *dirtyNames, j *structs.Job) {
	if j != nil && j.Service != nil {
		d.services[j.ID] = true
		d.discovery = d.discovery || len(j.Service.Registries) > 0
	}
}

// beginNames computes all names.
func (t *Table) beginNames(v NamesView, out *Changes) {
	d := &dirtyNames{services: map[string]bool{}, balancers: true, discovery: true}
	for c := range v.Clusters() {
		for j := range v.Services(c.Name) {
			d.services[j.ID] = true
		}
	}
	t.computeNames(v, d, out)
}

// computeNames computes the names that are dirty. It looks only at the tasks of their services.
func (t *Table) computeNames(v NamesView, d *dirtyNames, out *Changes) {
	for _, id := range slices.Sorted(maps.Keys(d.services)) {
		var names []structs.TrafficName
		if j := v.Job(id); j != nil && j.Service != nil && j.Status == structs.ServiceActive {
			names = append(names, serviceName(v, j))
		}
		t.setNames(id, names, out)
		t.setConnect(v, id, out)
	}
	if d.balancers {
		t.setNames(ownedByBalancers, loadBalancerNames(v), out)
	}
	if d.discovery {
		t.setNames(ownedByDiscovery, discoveryNames(v), out)
	}
}

// setNames replaces the names of an owner.
func (t *Table) setNames(owner string, names []structs.TrafficName, out *Changes) {
	before := t.owned[owner]
	delete(t.owned, owner)
	for n := range names {
		name := &names[n]
		t.owned[owner] = append(t.owned[owner], name.Name)
		if was := t.names[name.Name]; was == nil || !reflect.DeepEqual(was, name) {
			t.names[name.Name] = name
			out.Names = append(out.Names, name.Name)
		}
	}
	for _, name := range before {
		if !slices.Contains(t.owned[owner], name) {
			delete(t.names, name)
			out.Names = append(out.Names, name)
		}
	}
}
