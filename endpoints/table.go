package endpoints

import (
	"maps"
	"reflect"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// Table is everything that agents are told about traffic. It has the groups that a listener
// forwards to. It is not safe for concurrent use; what it holds is replaced and never changed.
type Table struct {
	checkers  *Checkers
	services  map[string][]string // by Job.ID, the target groups of a service
	groups    map[string]*GroupItem
	listeners map[string]*structs.TrafficListener
	names     map[string]*structs.TrafficName
	owned     map[string][]string // the names of each service, by Job.ID, and of other owners
	// connected are the groups of Service Connect of each service, by Job.ID, and connectors the
	// services that have each of them, in the order of their ids.
	connected, connectors map[string][]string
}

// GroupItem is a group in a Table.
type GroupItem struct {
	Group *structs.TrafficGroup // Check is not set
	// Checkers are the instances that check each of its targets; nil for those that nobody checks.
	Checkers [][]string
}

// Change is one change of a row: what the row was, and is. Either is nil if there was none, or is
// none; both are the same noun.
type Change struct{ Before, Row any }

// Changes are the keys of the items that are different, or gone.
type Changes struct {
	Groups, Listeners, Names []string
	// Checks are, by group, the instances for which only Check of some targets is different.
	Checks map[string][]string
	// Other means that a row changed that the table does not know.
	Other bool
}

// NewTable returns the table of a view.
func NewTable(v View) *Table {
	t := &Table{
		checkers: NewCheckers(v.Ingress()), services: map[string][]string{},
		groups: map[string]*GroupItem{}, listeners: map[string]*structs.TrafficListener{}, names: map[string]*structs.TrafficName{},
		owned: map[string][]string{}, connected: map[string][]string{}, connectors: map[string][]string{},
	}
	for j := range v.BalancedServices() {
		t.services[j.ID] = serviceGroups(j)
	}
	t.compute(v, &dirty{groups: map[string]bool{}, config: true}, &Changes{})
	t.beginNames(v, &Changes{})
	return t
}

// Group returns a group, or nil if the table has none with that id.
func (t *Table) Group(id string) *GroupItem { return t.groups[id] }

// Listener returns a listener, or nil if the table has none with that id.
func (t *Table) Listener(id string) *structs.TrafficListener { return t.listeners[id] }

// Name returns a name, or nil if the table does not have it.
func (t *Table) Name(name string) *structs.TrafficName { return t.names[name] }

// Everything returns the keys of all items.
func (t *Table) Everything() Changes {
	return Changes{
		Groups:    slices.Sorted(maps.Keys(t.groups)),
		Listeners: slices.Sorted(maps.Keys(t.listeners)),
		Names:     slices.Sorted(maps.Keys(t.names)),
	}
}

// Apply brings the table up to a view that has these changes.
func (t *Table) Apply(v View, changes []Change) (out Changes) {
	d, names := &dirty{groups: map[string]bool{}}, &dirtyNames{services: map[string]bool{}}
	for _, c := range changes {
		t.markNames(names, v, c.Before)
		t.markNames(names, v, c.Row)
		out.Other = !t.mark(d, c.Before) || !t.mark(d, c.Row) || out.Other
		if j, ok := c.Row.(*structs.Job); ok {
			t.services[j.ID] = serviceGroups(j)
		} else if gone, ok := c.Before.(*structs.Job); ok {
			delete(t.services, gone.ID)
		}
	}
	t.compute(v, d, &out)
	t.computeNames(v, names, &out)
	return out
}

// dirty is what must be computed again.
type dirty struct {
	groups  map[string]bool
	config  bool // listeners and rules, and so which groups are in use
	ingress bool // which ingress instances are connected
}

// mark marks what a row has a part in. It returns false for a row that it does not know.
func (t *Table) mark(d *dirty, row any) bool {
	switch r := row.(type) {
	case nil:
	case *structs.Task:
		for n := range r.Targets {
			d.groups[r.Targets[n].TargetGroup] = true
		}
	case *structs.Target:
		d.groups[r.TargetGroup] = true
	case *structs.TargetGroup:
		d.groups[r.ID] = true
	case *structs.LoadBalancer, *structs.Listener, *structs.ListenerRule:
		d.config = true
	case *structs.Job:
		d.config = true
		d.add(serviceGroups(r))
	case *structs.Deployment:
		groups := t.services[r.Job]
		d.config = d.config || len(groups) > 0
		d.add(groups)
	case *structs.ContainerInstance:
		d.ingress = true
		for id, g := range t.groups {
			if g.on(r.ID) {
				d.groups[id] = true
			}
		}
	default:
		return false
	}
	return true
}

func (d *dirty) add(groups []string) {
	for _, id := range groups {
		d.groups[id] = true
	}
}

// on reports whether a group may have targets on an instance.
func (g *GroupItem) on(instance string) bool {
	return g.Group.Group.TargetType == structs.TargetTypeInstance ||
		slices.ContainsFunc(g.Group.Targets, func(t structs.TrafficTarget) bool { return t.Instance == instance })
}

// serviceGroups returns the target groups that a service names.
func serviceGroups(j *structs.Job) (groups []string) {
	if j.Service == nil {
		return nil
	}
	for _, b := range j.Service.LoadBalancers {
		groups = append(groups, b.TargetGroup)
		if b.Alternate != nil {
			groups = append(groups, b.Alternate.TargetGroup)
		}
	}
	return groups
}

// compute computes what is dirty, and adds what became different to out.
func (t *Table) compute(v View, d *dirty, out *Changes) {
	if d.config {
		t.computeListeners(v, d, out)
	}
	if d.ingress {
		if ingress := v.Ingress(); !slices.Equal(ingress, t.checkers.ids) {
			t.checkers = NewCheckers(ingress)
			for id := range t.groups {
				d.groups[id] = true
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(d.groups)) {
		t.computeGroup(v, id, out)
	}
}

// computeListeners computes all listeners, and marks the groups that came into use or went out of
// it.
func (t *Table) computeListeners(v View, d *dirty, out *Changes) {
	was, s, used := t.listeners, shiftsOf(v), map[string]bool{}
	t.listeners = map[string]*structs.TrafficListener{}
	for l := range v.AllListeners() {
		is := s.listener(v, l)
		if is == nil {
			continue
		}
		t.listeners[l.ID] = is
		for _, g := range groupsOf(is) {
			used[g] = true
		}
		if before := was[l.ID]; before == nil || !reflect.DeepEqual(before, is) {
			out.Listeners = append(out.Listeners, l.ID)
		} else {
			t.listeners[l.ID] = before
		}
	}
	for _, id := range slices.Sorted(maps.Keys(was)) {
		if t.listeners[id] == nil {
			out.Listeners = append(out.Listeners, id)
		}
	}
	for id := range used {
		if t.groups[id] == nil {
			t.groups[id] = &GroupItem{}
			d.groups[id] = true
		}
	}
	for id, g := range t.groups {
		if !used[id] && !ForEveryone(id) {
			delete(t.groups, id)
			if g.Group != nil {
				out.Groups = append(out.Groups, id)
			}
		}
	}
	slices.Sort(out.Groups)
}

// computeGroup computes a group that is in use.
func (t *Table) computeGroup(v View, id string, out *Changes) {
	was := t.groups[id]
	if was == nil || ForEveryone(id) { // table_connect.go has those
		return
	}
	is := &GroupItem{Group: Group(v, id)}
	if is.Group == nil { // a listener names it no longer, or never will
		is.Group = &structs.TrafficGroup{ID: id}
	}
	t.check(is)
	t.groups[id] = is
	switch {
	case was.Group == nil || !reflect.DeepEqual(was.Group, is.Group):
		out.Groups = append(out.Groups, id)
	case !reflect.DeepEqual(was.Checkers, is.Checkers):
		if out.Checks == nil {
			out.Checks = map[string][]string{}
		}
		out.Checks[id] = differ(was.Checkers, is.Checkers)
	}
}

// check chooses who checks the targets of a group: those that drain are not checked any more.
func (t *Table) check(g *GroupItem) {
	g.Checkers = make([][]string, len(g.Group.Targets))
	for n := range g.Group.Targets {
		if target := &g.Group.Targets[n]; g.Group.Group.Check.Enabled && target.State != structs.TargetDraining {
			g.Checkers[n] = t.checkers.Of(g.Group.ID, target)
		}
	}
}

// differ returns the instances that check other targets than before.
func differ(was, is [][]string) []string {
	found := map[string]bool{}
	for n := range is {
		for _, pair := range [][2][]string{{was[n], is[n]}, {is[n], was[n]}} {
			for _, id := range pair[0] {
				if !slices.Contains(pair[1], id) {
					found[id] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// For returns a group as one agent gets it: with Check of the targets that it checks.
func (g *GroupItem) For(instance string) structs.TrafficGroup {
	out := *g.Group
	copied := false
	for n, checkers := range g.Checkers {
		if slices.Contains(checkers, instance) {
			if !copied {
				out.Targets, copied = slices.Clone(out.Targets), true
			}
			out.Targets[n].Check = true
		}
	}
	return out
}
