package scheduler

import (
	"cmp"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

const (
	// maxPreempted bounds for how many tasks one plan makes room; the next look goes on.
	maxPreempted = 100
	// preemptedWithin is when to look again, in milliseconds, after tasks were asked to make way:
	// their end calls the job, but it may be that they end where nothing can be placed any more.
	preemptedWithin = 60_000
)

// preempt makes room for the tasks that a plan left unplaced, where their job may take it from
// others: for each, one task of a job that is less important by structs.MinPreemptionGap or more;
// the least important, then the newest. Protected tasks stay. The plan places nothing there: the
// job waits on, is called when the other has ended, and is asked before all that is less important.
//
// One task makes way for one, and holds no less than that needs. Were two to make way, or what is
// free counted in, others could take the one part before the other is there, and tasks would be
// stopped for nothing again and again. What is on its way out already makes room too, and nobody is
// stopped for that a second time.
func preempt(in Input, r *request, plan *structs.Plan) {
	if !r.job.Preemption || plan.Unplaced == 0 || r.placer != nil {
		return
	}
	if r.sharing != nil { // only tasks on instances of the provider that is full can make room
		r.provider = r.sharing.short
	}
	p := &preemption{in: in, request: r, ask: newAsk(r), gone: map[string]bool{}, added: map[string]int{}}
	p.peers = p.ask.peers(p.ask.distinct)
	for _, placed := range plan.Placements {
		p.added[placed.Instance]++
	}
	for range min(plan.Unplaced, maxPreempted) {
		instance, victim := p.best()
		if instance == "" {
			break
		}
		p.added[instance]++
		if victim != nil {
			p.gone[victim.ID] = true
			plan.Preempted = append(plan.Preempted, structs.Stop{Task: victim.ID, Code: structs.StopPreempted, Reason: preemptedReason(r.job)})
		}
	}
	if len(plan.Preempted) > 0 && plan.FollowUp == nil {
		plan.FollowUp = followUp(r.job, in.Now, in.Now+preemptedWithin)
	}
}

func preemptedReason(job *structs.Job) string {
	return "Preempted: job " + cmp.Or(job.Name, job.ID) + " of higher priority takes its place"
}

// preemption is one search for tasks that make way.
type preemption struct {
	in      Input
	request *request
	ask     *ask
	peers   map[string]int
	gone    map[string]bool // tasks that this plan stops for it
	added   map[string]int  // tasks of the request on each instance, by then
}

// best gives the instance that takes one more task of the request once a task has made way; no task
// where room is on its way.
func (p *preemption) best() (instance string, victim *structs.Task) {
	for i, u := range p.request.view.Hosts(p.request.job.Cluster) {
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

// wanted says whether the request may have a task on an instance: where it names them, one on each.
func (p *preemption) wanted(instance string) bool {
	named := p.request.lack.named
	return named == nil || p.added[instance] == 0 && slices.Contains(named, instance)
}

// on says whether an instance takes one more task of the request once those on their way out have
// ended, and else which task would have to make way; nil: none helps.
func (p *preemption) on(i *structs.ContainerInstance, u *structs.Usage) (coming bool, victim *structs.Task) {
	left := *u
	left.Ports, left.GPUs = slices.Clone(u.Ports), slices.Clone(u.GPUs)
	var candidates []*structs.Task
	for t := range p.request.view.InstanceTasks(i.ID) {
		switch {
		case t.DesiredStatus == structs.TaskStopped || p.gone[t.ID] || p.request.leaving[t.ID]:
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

// compare orders tasks by who makes way first.
func (p *preemption) compare(a, b *structs.Task) int {
	return cmp.Or(cmp.Compare(p.importance(a), p.importance(b)), cmp.Compare(b.CreatedAt, a.CreatedAt), strings.Compare(a.ID, b.ID))
}

// mayGo says whether a task may make way, and holds enough.
func (p *preemption) mayGo(t *structs.Task) bool {
	need := p.request.need
	return t.Job != p.request.job.ID && p.importance(t) <= p.request.job.Importance()-structs.MinPreemptionGap &&
		t.ProtectedUntil <= p.in.Now && t.CPU >= need.CPU && t.Memory >= need.Memory && len(t.GPUs) >= need.GPUs
}

func (p *preemption) fitsWithout(i *structs.ContainerInstance, u structs.Usage, t *structs.Task) bool {
	u.Ports, u.GPUs = slices.Clone(u.Ports), slices.Clone(u.GPUs)
	release(&u, t)
	return p.fits(i, u)
}

func (p *preemption) fits(i *structs.ContainerInstance, u structs.Usage) bool {
	return p.ask.fits(p.ask.with(p.ask.host(i, &u, p.peers), p.added[i.ID]))
}

// release takes what a task holds out of a usage.
func release(u *structs.Usage, t *structs.Task) {
	u.CPU -= t.CPU
	u.Memory -= t.Memory
	u.GPUs = slices.DeleteFunc(u.GPUs, func(id string) bool { return slices.Contains(t.GPUs, id) })
	for _, port := range t.HostPorts() {
		if n := slices.Index(u.Ports, port); n >= 0 {
			u.Ports = slices.Delete(u.Ports, n, n+1)
		}
	}
}

func (p *preemption) importance(t *structs.Task) int {
	if job := p.request.view.Job(t.Job); job != nil {
		return job.Importance()
	}
	return structs.DefaultPriority
}
