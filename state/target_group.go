package state

import (
	"cmp"
	"iter"

	"github.com/gantry-project/gantry/structs"
)

var targetGroups = Declare(Declaration[structs.TargetGroup]{
	Table: 63, Name: "target groups",
	Topics: trafficTopic[structs.TargetGroup],
	Less:   func(a, b *structs.TargetGroup) bool { return a.ID < b.ID },
	Indexes: []Index[structs.TargetGroup]{
		targetGroupsByName: {
			Of:   func(r *structs.TargetGroup) string { return r.Name },
			Less: func(a, b *structs.TargetGroup) bool { return a.Name < b.Name },
		},
	},
})

const targetGroupsByName = 0

var targets = Declare(Declaration[structs.Target]{
	Table: 64, Name: "targets",
	Topics: trafficTopic[structs.Target],
	Less: func(a, b *structs.Target) bool {
		return cmp.Or(cmp.Compare(a.TargetGroup, b.TargetGroup), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Port, b.Port)) < 0
	},
})

// TargetGroup returns a target group by id, or nil if there is none.
func (s *Snapshot) TargetGroup(id string) *structs.TargetGroup {
	return targetGroups.get(s, &structs.TargetGroup{ID: id})
}

// TargetGroupNamed returns a target group by name, or nil if there is none.
func (s *Snapshot) TargetGroupNamed(name string) *structs.TargetGroup {
	return targetGroups.find(s, targetGroupsByName, &structs.TargetGroup{Name: name})
}

// TargetGroups returns all target groups by id.
func (s *Snapshot) TargetGroups() iter.Seq[*structs.TargetGroup] { return targetGroups.all(s) }

// PutTargetGroup adds a target group, or replaces the one of the same id.
func (tx *Tx) PutTargetGroup(g *structs.TargetGroup) { targetGroups.put(tx, g) }

// RemoveTargetGroup removes a target group.
func (tx *Tx) RemoveTargetGroup(g *structs.TargetGroup) { targetGroups.remove(tx, g) }

// Target returns a target that a user registered, or nil if there is none.
func (s *Snapshot) Target(group, target string, port int32) *structs.Target {
	return targets.get(s, &structs.Target{TargetGroup: group, Target: target, Port: port})
}

// Targets returns the targets that users registered in a target group, in the order of target and
// port.
func (s *Snapshot) Targets(group string) iter.Seq[*structs.Target] {
	return while(targets.allFrom(s, &structs.Target{TargetGroup: group}),
		func(t *structs.Target) bool { return t.TargetGroup == group })
}

// PutTarget adds a target, or replaces the one of the same group, target and port.
func (tx *Tx) PutTarget(t *structs.Target) { targets.put(tx, t) }

// RemoveTarget removes a target.
func (tx *Tx) RemoveTarget(t *structs.Target) { targets.remove(tx, t) }
