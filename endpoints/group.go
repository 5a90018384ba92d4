package endpoints

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// target is one target of a group as everybody sees it: balancers, and the elbv2 API.
type target struct {
	traffic structs.TrafficTarget
	row     Row
	task    *structs.Task // nil for a target that a user registered
}

// Group returns a target group with its targets, for balancers. It returns nil if there is no such
// group. Check is not set: Checkers says who checks.
func Group(v View, id string) *structs.TrafficGroup {
	g := v.TargetGroup(id)
	if g == nil {
		return nil
	}
	out := &structs.TrafficGroup{ID: id, Group: *g}
	for _, t := range targets(v, g) {
		if t.traffic.Address != "" {
			out.Targets = append(out.Targets, t.traffic)
		}
	}
	return out
}

// targets returns the targets of a group in the order of their address, port and task.
func targets(v View, g *structs.TargetGroup) (all []target) {
	for t := range v.TargetTasks(g.ID) {
		if t.DrainedAt != 0 {
			continue // it is being stopped; nobody waits for it any more
		}
		for n := range t.Targets {
			if t.Targets[n].TargetGroup == g.ID {
				all = append(all, taskTarget(v, g, t, &t.Targets[n]))
			}
		}
	}
	var byEC2 map[string]*structs.ContainerInstance
	for t := range v.Targets(g.ID) {
		if byEC2 == nil && g.TargetType == structs.TargetTypeInstance {
			byEC2 = map[string]*structs.ContainerInstance{}
			for i := range v.AllInstances() {
				byEC2[i.EC2ID()] = i
			}
		}
		all = append(all, userTarget(g, t, byEC2))
	}
	hold(v, g, all)
	weigh(v, all)
	slices.SortStableFunc(all, func(a, b target) int {
		return cmp.Or(cmp.Compare(a.traffic.Address, b.traffic.Address), cmp.Compare(a.traffic.Port, b.traffic.Port),
			cmp.Compare(a.traffic.Task, b.traffic.Task))
	})
	return all
}

// taskTarget returns a task as a target. One whose instance is lost is out at once, whatever the
// last check saw: its row says why.
func taskTarget(v View, g *structs.TargetGroup, t *structs.Task, as *structs.TaskTarget) target {
	on := v.Instance(t.Instance)
	out := target{task: t, traffic: structs.TrafficTarget{
		Address: t.Address, Port: as.Port, Task: t.ID, Instance: t.Instance, Weight: 1,
	}}
	if on != nil {
		out.traffic.Zone = on.Zone
		out.traffic.Address = cmp.Or(t.Address, on.Address)
	}
	out.row = Row{Target: out.traffic.Address, Port: as.Port, Zone: out.traffic.Zone, Task: t.ID}
	if g.TargetType == structs.TargetTypeInstance && on != nil {
		out.row.Target = on.EC2ID()
	}
	switch {
	case t.DesiredStatus == structs.TaskStopped:
		out.drain(t.StoppingAt, g)
	case lost(on):
		out.stopped()
	default:
		out.checked(g, &as.Health)
	}
	return out
}

// userTarget returns a target that a user registered: an address, or an instance in EC2's form.
func userTarget(g *structs.TargetGroup, t *structs.Target, byEC2 map[string]*structs.ContainerInstance) target {
	out := target{
		traffic: structs.TrafficTarget{Port: t.Port, Zone: t.Zone, Target: t.Target, Weight: 1},
		row:     Row{Target: t.Target, Port: t.Port, Zone: t.Zone},
	}
	on, isInstance := byEC2[t.Target], false
	if _, err := netip.ParseAddr(t.Target); err == nil {
		out.traffic.Address = t.Target
	} else if isInstance = true; on != nil {
		out.traffic.Address, out.traffic.Zone, out.row.Zone = on.Address, on.Zone, on.Zone
	}
	switch {
	case t.DrainUntil != 0:
		out.draining(t.DrainUntil)
	case isInstance && lost(on):
		out.stopped()
	default:
		out.checked(g, &t.Health)
	}
	return out
}

// lost reports whether nothing on an instance can be relied on.
func lost(i *structs.ContainerInstance) bool {
	return i == nil || !i.AgentConnected || i.Status == structs.InstanceInactive
}

// drain makes a target one that was taken out at a time.
func (t *target) drain(since structs.Time, g *structs.TargetGroup) {
	until := structs.Time(0)
	if since != 0 {
		until = since + structs.Time(g.Deregistration())*1000
	}
	t.draining(until)
}

func (t *target) draining(until structs.Time) {
	t.traffic.State, t.traffic.DrainUntil = structs.TargetDraining, until
	t.row.health(structs.TargetDraining, ReasonDeregistration)
}

// stopped makes a target unhealthy because its instance is lost.
func (t *target) stopped() {
	t.traffic.State = structs.TargetUnhealthy
	t.row.health(structs.TargetUnhealthy, ReasonInvalidState)
}

// checked gives a target the state that its checks found. Without checks all are healthy.
func (t *target) checked(g *structs.TargetGroup, h *structs.TargetHealth) {
	switch {
	case !g.Check.Enabled:
		t.traffic.State = structs.TargetHealthy
		t.row.health(structs.TargetUnavailable, ReasonCheckDisabled)
	case h.State == structs.TargetHealthy:
		t.traffic.State = structs.TargetHealthy
		t.row.health(structs.TargetHealthy, "")
	case h.State == structs.TargetUnhealthy:
		t.traffic.State = structs.TargetUnhealthy
		t.row.health(structs.TargetUnhealthy, cmp.Or(h.Reason, ReasonFailed))
		t.row.Description = cmp.Or(h.Description, t.row.Description)
	default:
		t.traffic.State = structs.TargetInitial
		t.row.health(structs.TargetInitial, ReasonInitial)
	}
	t.row.Since = h.Since
}
