package place

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// maxPreempted is the maximum number of tasks that one plan makes room for. The next look
// continues.
const maxPreempted = 100

// Preempt makes room for the tasks that found no place, if their job may preempt others. It returns
// the tasks to stop: for each task, one of a job whose priority is lower by
// structs.MinPreemptionGap or more; the least important first, then the newest. Protected tasks
// stay. Nothing is placed there yet: the job keeps waiting, is called when the other task has
// ended, and comes before all less important jobs.
//
// One task makes way for one, and holds at least what that one needs. If two made way, or free
// resources counted too, others could take one part before the other is free, and tasks would be
// stopped for nothing again and again. Tasks that are already stopping make room too, so no further
// task is stopped for that room.
func Preempt(r *Request, found Result, now structs.Time) (stops []structs.Stop) {
	unplaced := r.Count - len(found.Instances)
	if !r.Job.Preemption || unplaced == 0 || r.Placer != nil {
		return nil
	}
	// Only tasks on instances of the full provider can make room.
	p := &preemption{now: now, request: r, ask: newAsk(r, found.full), gone: map[string]bool{}, added: map[string]int{}}
	p.peers = p.ask.peers(p.ask.distinct)
	for _, instance := range found.Instances {
		p.added[instance]++
	}
	for range min(unplaced, maxPreempted) {
		instance, victim := p.best()
		if instance == "" {
			break
		}
		p.added[instance]++
		if victim != nil {
			p.gone[victim.ID] = true
			stops = append(stops, structs.Stop{Task: victim.ID, Code: structs.StopPreempted, Reason: preemptedReason(r.Job)})
		}
	}
	return stops
}

func preemptedReason(job *structs.Job) string {
	return "Preempted: job " + cmp.Or(job.Name, job.ID) + " of higher priority takes its place"
}

// preemption is one search for tasks to stop.
type preemption struct {
	now     structs.Time
	request *Request
	ask     *ask
	peers   map[string]int
	gone    map[string]bool // tasks that this plan preempts
	added   map[string]int  // tasks of the request on each instance so far
}

// best returns the instance that takes one more task of the request once a victim has ended. The
// victim is nil if room is already on its way there.
func (p *preemption) best() (instance string, victim *structs.Task) {
	for i, u := range p.request.View.Hosts(p.request.Job.Cluster) {
		if !i.TakesTasks() || !p.wanted(i.ID) {
			continue
		}
		coming, t := p.on(i, u)
		if coming {
			return i.ID, nil
		}
		if t != nil && (victim == nil || p.compare(t, victim) < 0) {
			instance, victim = i.ID, t
		}
	}
	return instance, victim
}

// wanted reports whether the request may have another task on an instance: if it names instances,
// one on each.
func (p *preemption) wanted(instance string) bool {
	named := p.request.Instances
	return named == nil || p.added[instance] == 0 && slices.Contains(named, instance)
}

// on reports whether an instance takes one more task of the request once its stopping tasks have
// ended. Otherwise it returns which task would have to make way, or nil if none would help.
func (p *preemption) on(i *structs.ContainerInstance, u *structs.Usage) (coming bool, victim *structs.Task) {
	left := *u
	left.Ports, left.GPUs, left.Addresses = slices.Clone(u.Ports), slices.Clone(u.GPUs), slices.Clone(u.Addresses)
	var candidates []*structs.Task
	for t := range p.request.View.InstanceTasks(i.ID) {
		switch {
		case t.DesiredStatus == structs.TaskStopped || p.gone[t.ID] || p.request.Leaving[t.ID]:
			release(&left, t)
		case p.mayGo(t):
			candidates = append(candidates, t)
		}
	}
	if p.fits(i, left) {
		return true, nil
	}
	for _, t := range candidates {
		if (victim == nil || p.compare(t, victim) < 0) && p.fitsWithout(i, left, t) {
			victim = t
		}
	}
	return false, victim
}

// compare orders tasks by which one makes way first.
func (p *preemption) compare(a, b *structs.Task) int {
	return cmp.Or(cmp.Compare(p.importance(a), p.importance(b)), cmp.Compare(b.CreatedAt, a.CreatedAt), strings.Compare(a.ID, b.ID))
}

// mayGo reports whether a task may make way and holds enough.
func (p *preemption) mayGo(t *structs.Task) bool {
	need := p.request.Need
	return t.Job != p.request.Job.ID && p.importance(t) <= p.request.Job.Importance()-structs.MinPreemptionGap &&
		t.ProtectedUntil <= p.now && t.CPU >= need.CPU && t.Memory >= need.Memory && len(t.GPUs) >= need.GPUs
}

func (p *preemption) fitsWithout(i *structs.ContainerInstance, u structs.Usage, t *structs.Task) bool {
	u.Ports, u.GPUs, u.Addresses = slices.Clone(u.Ports), slices.Clone(u.GPUs), slices.Clone(u.Addresses)
	release(&u, t)
	return p.fits(i, u)
}

func (p *preemption) fits(i *structs.ContainerInstance, u structs.Usage) bool {
	return p.ask.fits(p.ask.with(p.ask.host(i, &u, p.peers), p.added[i.ID]))
}

// release subtracts what a task holds from a usage.
func release(u *structs.Usage, t *structs.Task) {
	u.CPU -= t.CPU
	u.Memory -= t.Memory
	u.GPUs = slices.DeleteFunc(u.GPUs, func(id string) bool { return slices.Contains(t.GPUs, id) })
	u.DropAddress(t.Address)
	for _, port := range t.HostPorts() {
		if n := slices.Index(u.Ports, port); n >= 0 {
			u.Ports = slices.Delete(u.Ports, n, n+1)
		}
	}
}

func (p *preemption) importance(t *structs.Task) int {
	if job := p.request.View.Job(t.Job); job != nil {
		return job.Importance()
	}
	return structs.DefaultPriority
}
