package simulator

import (
	"cmp"
	"maps"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// outcome compares the state at the end with that at the beginning.
func (r *run) outcome() *structs.Simulation {
	is := r.store.Snapshot()
	for e := range blocked(is) {
		r.touched[e.Job] = true
	}
	out := &structs.Simulation{
		Index: r.base.Index(), Seconds: float64(r.now-r.began) / 1000, Jobs: []structs.SimulatedJob{}, Instances: []structs.SimulatedInstance{},
	}
	changed := map[string]bool{} // instances
	for _, id := range slices.Sorted(maps.Keys(r.touched)) {
		job := cmp.Or(is.Job(id), r.base.Job(id))
		if job == nil {
			continue
		}
		j := r.jobOutcome(is, job)
		for _, p := range j.Instances {
			changed[p.Instance] = true
		}
		if len(j.Instances) > 0 || j.Unplaced > 0 {
			out.Jobs = append(out.Jobs, j)
		}
	}
	slices.SortStableFunc(out.Jobs, func(a, b structs.SimulatedJob) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Name, b.Name))
	})
	for i := range is.AllInstances() {
		if was := r.base.Instance(i.ID); changed[i.ID] || was == nil || was.Status != i.Status {
			out.Instances = append(out.Instances, r.instanceOutcome(is, i))
		}
	}
	out.Sum()
	return out
}

// blocked returns the evaluations of every cluster that wait for room.
func blocked(s *state.Snapshot) func(yield func(*structs.Evaluation) bool) {
	return func(yield func(*structs.Evaluation) bool) {
		for c := range s.Clusters() {
			for e := range s.BlockedEvaluations(c.Name) {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// alive reports whether a task counts: it has an instance, has not stopped, and has not been asked
// to stop.
func alive(t *structs.Task) bool {
	return t.Instance != "" && t.Holds() && t.DesiredStatus != structs.TaskStopped
}

func (r *run) jobOutcome(is *state.Snapshot, job *structs.Job) structs.SimulatedJob {
	j := structs.SimulatedJob{ID: job.ID, Cluster: job.Cluster, Name: job.Name, Type: job.Type, TaskDefinition: job.TaskDefinition, Scheduler: job.Scheduler}
	places := map[string]*structs.SimulatedPlace{}
	for t := range r.base.JobTasks(job.ID) {
		if !alive(t) {
			continue
		}
		p := place(places, is, t.Instance)
		p.Before++
		if now := is.Task(t.ID); now == nil || !alive(now) {
			p.Stopped++
		}
	}
	for t := range is.JobTasks(job.ID) {
		if !alive(t) {
			continue
		}
		p := place(places, is, t.Instance)
		p.After++
		if was := r.base.Task(t.ID); was == nil || !alive(was) {
			p.Started++
		}
	}
	for _, id := range slices.Sorted(maps.Keys(places)) {
		p := places[id]
		j.Before += p.Before
		j.After += p.After
		j.Started += p.Started
		j.Stopped += p.Stopped
		if p.Started+p.Stopped > 0 {
			j.Instances = append(j.Instances, *p)
		}
	}
	j.Moved = min(j.Started, j.Stopped)
	r.explain(&j, is, job)
	return j
}

// place returns the counts of an instance.
func place(places map[string]*structs.SimulatedPlace, s *state.Snapshot, instance string) *structs.SimulatedPlace {
	if p := places[instance]; p != nil {
		return p
	}
	p := &structs.SimulatedPlace{Instance: instance}
	if i := s.Instance(instance); i != nil {
		p.Name, p.Zone = i.Name, i.Zone
	}
	places[instance] = p
	return p
}

// explain adds how many tasks of a job find no place, and why, from the job's last decided
// evaluation.
func (r *run) explain(j *structs.SimulatedJob, is *state.Snapshot, job *structs.Job) {
	before := blockedOf(r.base, job.ID)
	if before != nil {
		j.UnplacedBefore = before.Unplaced
	}
	e := cmp.Or(is.Evaluation(r.last[job.ID]), before)
	if e == nil || e.Unplaced == 0 {
		return
	}
	j.Unplaced, j.Failures, j.Filtered, j.Remedy = e.Unplaced, e.Failures, e.Filtered, e.Remedy
	if d := is.TaskDefinition(job.TaskDefinition); d != nil {
		need := structs.Need(d, job.Overrides)
		j.Lacking = structs.Resources{CPU: need.CPU * int64(e.Unplaced), Memory: need.Memory * int64(e.Unplaced), GPUs: need.GPUs * e.Unplaced}
	}
}

// blockedOf returns the evaluation of a job that waits for room, or nil if none does.
func blockedOf(s *state.Snapshot, job string) *structs.Evaluation {
	for e := range s.OpenEvaluations(job) {
		if e.Status == structs.EvaluationBlocked {
			return e
		}
	}
	return nil
}

func (r *run) instanceOutcome(is *state.Snapshot, i *structs.ContainerInstance) structs.SimulatedInstance {
	out := structs.SimulatedInstance{
		ID: i.ID, Cluster: i.Cluster, Name: i.Name, Zone: i.Zone, Status: i.Status, New: r.base.Instance(i.ID) == nil,
		Before: aliveOn(r.base, i.ID), After: aliveOn(is, i.ID),
	}
	if i.Status != structs.InstanceInactive {
		host := structs.Host{Instance: i, Usage: is.Usage(i.ID)}
		out.Free = structs.Resources{CPU: host.FreeCPU(), Memory: host.FreeMemory(), GPUs: len(host.FreeGPUs())}
	}
	return out
}

func aliveOn(s *state.Snapshot, instance string) (n int) {
	for t := range s.InstanceTasks(instance) {
		if alive(t) {
			n++
		}
	}
	return n
}
