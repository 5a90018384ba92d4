package fsm

import (
	"iter"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putTargetGroup(tx *state.Tx, _ uint64, cmd structs.PutTargetGroup) (string, error) {
	g := &cmd.Group
	old := tx.TargetGroup(g.ID)
	switch named := tx.TargetGroupNamed(g.Name); {
	case cmd.Was == 0 && named != nil:
		return "", structs.Errorf(structs.KindDuplicateTargetGroup,
			"A target group with the same name '%s' exists, but with different settings", g.Name)
	case cmd.Was == 0:
		tx.PutTags(g.Resource(), cmd.Tags)
	case old == nil:
		return "", structs.ErrTargetGroupNotFound()
	case old.Version != cmd.Was:
		return "", structs.ErrTrafficChanged(g.Resource())
	}
	tx.PutTargetGroup(g)
	return g.ID, nil
}

func deleteTargetGroup(tx *state.Tx, _ uint64, cmd structs.DeleteTargetGroup) (string, error) {
	g := tx.TargetGroup(cmd.ID)
	if g == nil {
		return "", nil
	}
	if tx.Forwards(g.ID) != nil {
		return "", structs.Errorf(structs.KindResourceInUse, "Target group '%s' is currently in use by a listener or a rule", g.Name)
	}
	if s := serviceOfGroup(tx, g.ID); s != nil {
		return "", structs.Errorf(structs.KindResourceInUse, "Target group '%s' is currently in use by service %s of cluster %s", g.Name, s.Name, s.Cluster)
	}
	for _, t := range slices.Collect(tx.Targets(g.ID)) {
		tx.RemoveTarget(t)
	}
	tx.PutTags(g.Resource(), nil)
	tx.RemoveTargetGroup(g)
	return g.ID, nil
}

// serviceOfGroup returns a service whose tasks are targets of a group; nil if there is none.
func serviceOfGroup(tx *state.Tx, group string) *structs.Job {
	for c := range tx.Clusters() {
		for j := range tx.Services(c.Name) {
			if j.Service == nil || j.Status == structs.ServiceInactive {
				continue
			}
			for _, b := range j.Service.LoadBalancers {
				if b.TargetGroup == group || b.Alternate != nil && b.Alternate.TargetGroup == group {
					return j
				}
			}
		}
	}
	return nil
}

func registerTargets(tx *state.Tx, _ uint64, cmd structs.RegisterTargets) (string, error) {
	if tx.TargetGroup(cmd.TargetGroup) == nil {
		return "", structs.ErrTargetGroupNotFound()
	}
	for i := range cmd.Targets {
		t := &cmd.Targets[i]
		t.TargetGroup = cmd.TargetGroup
		if old := tx.Target(t.TargetGroup, t.Target, t.Port); old == nil || old.DrainUntil != 0 {
			tx.PutTarget(t)
		}
	}
	if n := countTargets(tx.Targets(cmd.TargetGroup)); n > structs.MaxTargets {
		return "", structs.Errorf(structs.KindTooManyTargets, "A target group can have at most %d targets, and this one would have %d", structs.MaxTargets, n)
	}
	return "", nil
}

func countTargets(all iter.Seq[*structs.Target]) (n int) {
	for range all {
		n++
	}
	return n
}

func deregisterTargets(tx *state.Tx, _ uint64, cmd structs.DeregisterTargets) (string, error) {
	if tx.TargetGroup(cmd.TargetGroup) == nil {
		return "", structs.ErrTargetGroupNotFound()
	}
	for _, t := range slices.Collect(tx.Targets(cmd.TargetGroup)) {
		if !slices.ContainsFunc(cmd.Targets, func(k structs.TargetKey) bool {
			return k.Target == t.Target && (k.Port == 0 || k.Port == t.Port)
		}) {
			continue
		}
		switch {
		case cmd.DrainUntil == 0:
			tx.RemoveTarget(t)
		case t.DrainUntil == 0:
			leaving := *t
			leaving.DrainUntil = cmd.DrainUntil
			tx.PutTarget(&leaving)
		}
	}
	return "", nil
}
