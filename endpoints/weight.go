package endpoints

import "github.com/gantry-project/gantry/structs"

// weigh sets the weights of the targets of one group. Services that shift traffic without a second
// group have the tasks of both revisions in it: each revision gets its share (Deployment.Traffic),
// whatever the number of its tasks. All other targets weigh one.
func weigh(v View, all []target) {
	jobs := map[string]*split{}
	for n := range all {
		if t := all[n].task; t != nil {
			if jobs[t.Job] == nil {
				jobs[t.Job] = splitOf(v, t.Job)
			}
			jobs[t.Job].add(&all[n])
		}
	}
	for _, s := range jobs { // in any order: they share no target
		s.apply()
	}
}

// split is a service whose tasks are in one group.
type split struct {
	primary string // Deployment.ID; empty: nothing is shared out
	share   float64
	// new are the targets of the primary deployment, old those of the earlier ones
	new, old []*structs.TrafficTarget
}

func splitOf(v View, job string) *split {
	if d := primary(v, job); d != nil && d.Traffic != nil {
		return &split{primary: d.ID, share: d.Traffic.Production / 100}
	}
	return &split{}
}

func (s *split) add(t *target) {
	switch {
	case s.primary == "" || t.traffic.State == structs.TargetDraining:
	case t.task.StartedBy == s.primary:
		s.new = append(s.new, &t.traffic)
	default:
		s.old = append(s.old, &t.traffic)
	}
}

// apply shares out as much weight as there are targets, so that it stands beside the targets of
// others. While a revision has no targets, the other one gets everything.
func (s *split) apply() {
	if len(s.new) == 0 || len(s.old) == 0 {
		return
	}
	total := float64(len(s.new) + len(s.old))
	shareOut(s.new, total*s.share)
	shareOut(s.old, total*(1-s.share))
}

// shareOut gives targets equal parts of a weight. Only those that receive requests count: the
// healthy ones, or all if none is.
func shareOut(targets []*structs.TrafficTarget, weight float64) {
	healthy := 0
	for _, t := range targets {
		if t.State == structs.TargetHealthy {
			healthy++
		}
	}
	if healthy == 0 {
		healthy = len(targets)
	}
	for _, t := range targets {
		t.Weight = weight / float64(healthy)
	}
}
