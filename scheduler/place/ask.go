package place

import (
	"iter"
	"maps"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// ask is what a request's tasks need from an instance.
type ask struct {
	need *structs.Resources
	// architecture is the value that the instance's ecs.cpu-architecture must have; empty if any
	// will do.
	architecture string
	capabilities []string // attributes that the instance must have
	members      []*member
	usesGroups   bool       // one of members uses them
	distinct     bool       // a task of the group keeps the others away
	provider     *provision // nil: any instance will do

	request *Request // nil if only resources are asked for
	// before is how many tasks the plan has put on each instance for other capacity providers.
	before map[string]int
	// others leaves the job's own tasks out of the groups of an instance.
	others bool
}

// newAsk collects the needs of a request's job and task definition. provider is the need of the
// tasks' capacity provider; nil if any instance will do.
func newAsk(r *Request, provider *provision) *ask {
	a := &ask{need: r.Need, request: r, provider: provider, capabilities: r.Definition.Capabilities()}
	if p := r.Definition.RuntimePlatform; p != nil {
		a.architecture = strings.ToLower(p.CpuArchitecture)
	}
	for _, c := range r.Job.PlacementConstraints {
		a.add(c)
	}
	for _, c := range r.Definition.PlacementConstraints {
		a.add(structs.PlacementConstraint(c))
	}
	return a
}

func (a *ask) add(c structs.PlacementConstraint) {
	if c.Type == structs.ConstraintDistinctInstance {
		a.distinct = true
		return
	}
	m := newMember(c.Expression)
	a.members = append(a.members, m)
	a.usesGroups = a.usesGroups || m.uses.Groups
}

// host is an instance as seen by a plan. Its Usage includes the tasks that the plan has placed on
// it.
type host struct {
	structs.QuerySubject
	// peers counts the alive tasks of the job's group on it, if the plan needs the count; taken
	// counts the tasks that the plan has placed there.
	peers, taken int
}

// host returns an instance in its state before the plan.
func (a *ask) host(i *structs.ContainerInstance, u *structs.Usage, peers map[string]int) *host {
	h := &host{}
	a.look(h, i, u, peers)
	return h
}

// look sets h to an instance in its state before the plan.
func (a *ask) look(h *host, i *structs.ContainerInstance, u *structs.Usage, peers map[string]int) {
	*h = host{QuerySubject: structs.QuerySubject{Instance: i, Usage: u}}
	if len(peers) > 0 {
		h.peers = peers[i.ID]
	}
	if a.usesGroups {
		h.TaskGroups = a.groups(i.ID)
	}
}

// with returns an instance with n more tasks of the request on it.
func (a *ask) with(before *host, n int) *host {
	if n == 0 {
		return before
	}
	h := *before
	h.Usage = holding(h.Instance, h.Usage, a.need, n)
	h.peers += n
	h.taken += n
	if groups := h.TaskGroups; groups != nil {
		h.TaskGroups = func(yield func(string) bool) {
			if yield(a.request.Job.Group) {
				groups(yield)
			}
		}
	}
	return &h
}

// room returns how many tasks of the request an instance takes, but at most most.
func (a *ask) room(h *host, most int) int {
	if !a.fits(h) {
		return 0
	}
	return a.further(h, most)
}

// further is like room, for an instance that is known to take one task.
func (a *ask) further(h *host, most int) int {
	room := min(most, capacity(h.Instance, h.Usage, a.need))
	if a.distinct {
		room = min(room, 1)
	}
	for _, m := range a.members {
		room = m.room(a, h, room)
	}
	return room
}

// groups returns the group of each alive task on an instance.
func (a *ask) groups(instance string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for t := range a.request.View.InstanceTasks(instance) {
			if a.request.alive(t) && !(a.others && t.Job == a.request.Job.ID) && !yield(t.Group) {
				return
			}
		}
	}
}

// peers counts the alive tasks of the job's group by instance, if wanted. Tasks of a service count
// with those of the service, others with those of their group (ECS).
func (a *ask) peers(wanted bool) map[string]int {
	if !wanted {
		return nil
	}
	r, peers := a.request, map[string]int{}
	maps.Copy(peers, a.before)
	if r.Job.Type != structs.JobBatch {
		for t := range r.View.JobTasks(r.Job.ID) {
			if r.alive(t) {
				peers[t.Instance]++
			}
		}
		return peers
	}
	if !structs.IsServiceGroup(r.Job.Group) {
		for t := range r.View.GroupTasks(r.Job.Group) {
			if r.alive(t) {
				peers[t.Instance]++
			}
		}
		return peers
	}
	for i := range r.View.Instances(r.Job.Cluster) {
		for t := range r.View.InstanceTasks(i.ID) {
			if t.Group == r.Job.Group && r.alive(t) {
				peers[i.ID]++
			}
		}
	}
	return peers
}

// alive reports whether a task will stay. A stopping task no longer affects where others go, though
// it still holds its resources (ECS looks at the desired status too).
func (r *Request) alive(t *structs.Task) bool {
	return t.DesiredStatus != structs.TaskStopped && t.Holds() && !r.Leaving[t.ID]
}
