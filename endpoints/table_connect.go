package endpoints

import (
	"reflect"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// setConnect computes the groups of Service Connect of a service. Of two services with the same
// group, which control refuses, the first by id has it.
func (t *Table) setConnect(v NamesView, job string, out *Changes) {
	before, groups := t.connected[job], connectGroups(v, v.Job(job))
	if len(before) == 0 && len(groups) == 0 {
		return
	}
	delete(t.connected, job)
	for n := range groups {
		t.connected[job] = append(t.connected[job], groups[n].ID)
	}
	for _, id := range before {
		if !slices.Contains(t.connected[job], id) {
			t.connectors[id] = slices.DeleteFunc(t.connectors[id], func(other string) bool { return other == job })
			t.putConnect(id, nil, out)
			if others := t.connectors[id]; len(others) == 0 {
				delete(t.connectors, id)
			} else {
				t.setConnect(v, others[0], out)
			}
		}
	}
	for n := range groups {
		id := groups[n].ID
		if at, has := slices.BinarySearch(t.connectors[id], job); !has {
			t.connectors[id] = slices.Insert(t.connectors[id], at, job)
		}
		if t.connectors[id][0] == job {
			t.putConnect(id, &groups[n], out)
		}
	}
}

// putConnect replaces a group; nil: it is gone.
func (t *Table) putConnect(id string, is *structs.TrafficGroup, out *Changes) {
	switch was := t.groups[id]; {
	case is == nil && was == nil:
		return
	case is == nil:
		delete(t.groups, id)
	case was != nil && reflect.DeepEqual(was.Group, is):
		return
	default:
		t.groups[id] = &GroupItem{Group: is}
	}
	if !slices.Contains(out.Groups, id) {
		out.Groups = append(out.Groups, id)
	}
}
