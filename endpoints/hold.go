package endpoints

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// hold has tasks that were asked to stop go on as targets while no other target of their group is
// healthy and their service is about to replace them. So a service with one task that somebody
// stops, or whose instance is drained, answers until the next task does. It ends with the
// deregistration delay: then DrainedAt is set, and the task is no target any more. (elbv2 sends
// nothing to a draining target, and answers 503.)
func hold(v View, g *structs.TargetGroup, all []target) {
	if slices.ContainsFunc(all, func(t target) bool { return t.traffic.State == structs.TargetHealthy }) {
		return
	}
	for n := range all {
		if t := &all[n]; t.task != nil && t.traffic.State == structs.TargetDraining && held(v, g, t.task) {
			t.traffic.State, t.traffic.DrainUntil = structs.TargetHealthy, 0
		}
	}
}

// held reports whether a task that was asked to stop can still answer, and whether its service
// starts another one beside it: in this group, and without waiting for it to be gone.
func held(v View, g *structs.TargetGroup, t *structs.Task) bool {
	job := v.Job(t.Job)
	if job == nil || job.Service == nil || job.Type != structs.JobService || job.Status != structs.ServiceActive || job.Count == 0 ||
		job.Service.Update.MaximumPercent <= 100 || t.LastStatus < structs.TaskRunning || t.LastStatus > structs.TaskDeactivating ||
		lost(v.Instance(t.Instance)) {
		return false
	}
	now := primary(v, t.Job)
	if now == nil || !slices.ContainsFunc(job.Service.LoadBalancers, func(b structs.ServiceLoadBalancer) bool { return b.Group(now.Alternate) == g.ID }) {
		return false
	}
	return slices.ContainsFunc(t.Targets, func(as structs.TaskTarget) bool {
		return as.TargetGroup == g.ID && (as.Health.State == structs.TargetHealthy || !g.Check.Enabled)
	})
}

// Held reports whether a task that was asked to stop still gets new requests in one of its groups.
func Held(v View, t *structs.Task) bool {
	for n := range t.Targets {
		g := Group(v, t.Targets[n].TargetGroup)
		if g != nil && slices.ContainsFunc(g.Targets, func(o structs.TrafficTarget) bool { return o.Task == t.ID && o.State != structs.TargetDraining }) {
			return true
		}
	}
	return false
}
