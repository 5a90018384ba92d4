package traffic

import (
	"cmp"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// TargetRow is the state of one target, as DescribeTargetHealth shows it.
type TargetRow struct {
	Target string // an address, or an instance in EC2's form
	Port   int32
	Zone   string
	// State, Reason and Description are elbv2's. The last two are empty for healthy.
	State, Reason, Description string
}

// Health returns the state of every target of a group, in the order of target and port: those that
// users registered, and the tasks of services.
func Health(snap *state.Snapshot, g *structs.TargetGroup, now structs.Time) (rows []TargetRow) {
	used := snap.Forwards(g.ID) != nil
	add := func(target string, port int32, zone string, h structs.TargetHealth, draining bool) {
		r := TargetRow{target, port, zone, h.State, h.Reason, h.Description}
		switch {
		case draining:
			r.State, r.Reason, r.Description = structs.TargetDraining, structs.ReasonDeregistering, "Target deregistration is in progress"
		case !used:
			r.State, r.Reason, r.Description = structs.TargetUnused, structs.ReasonNotInUse, "Target group is not configured to receive traffic from the load balancer"
		case r.State == structs.TargetHealthy:
			r.Reason, r.Description = "", ""
		}
		rows = append(rows, r)
	}
	for t := range snap.Targets(g.ID) {
		if t.DrainUntil == 0 || t.DrainUntil > now {
			add(t.Target, t.Port, t.Zone, t.Health, t.DrainUntil != 0)
		}
	}
	for c := range snap.Clusters() {
		for t := range snap.Tasks(c.Name) {
			for _, of := range t.Targets {
				if of.TargetGroup != g.ID || t.LastStatus == structs.TaskStopped {
					continue
				}
				target, zone := t.Address, ""
				if i := snap.Instance(t.Instance); i != nil {
					zone = i.Zone
					if target == "" {
						target = i.EC2ID()
					}
				}
				add(target, of.Port, zone, of.Health, t.DesiredStatus == structs.TaskStopped)
			}
		}
	}
	slices.SortFunc(rows, func(a, b TargetRow) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Port, b.Port))
	})
	return rows
}
