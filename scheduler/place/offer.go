package place

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

// Placer chooses where the tasks of a request go, in place of the job's strategies. Their number
// and needs are already decided, and each place is checked when it is taken. A placer is not asked
// about tasks that name their instances (StartTask, daemons).
type Placer func(*Offer)

// Offer is the input of a placer: the tasks that lack places, all alike, and the instances of the
// cluster.
type Offer struct {
	Count      int // tasks that lack a place
	Need       structs.Resources
	Definition *structs.TaskDefinition

	ask    *ask
	peers  map[string]int
	where  []string
	taken  map[string]int // tasks of the request by instance
	reason string
}

// Take takes a place on an instance for one task, or returns why there is none. It applies the same
// rules as the strategies.
func (o *Offer) Take(instance string) *structs.PlacementFailure {
	view, cluster := o.ask.request.View, o.ask.request.Job.Cluster
	i := view.Instance(instance)
	switch {
	case len(o.where) == o.Count:
		return &structs.PlacementFailure{Instance: instance, Reason: structs.FailScheduler, Detail: "no task is left that lacks a place"}
	case i == nil || i.Cluster != cluster:
		return &structs.PlacementFailure{Instance: instance, Reason: structs.FailMissing}
	}
	if s := o.shortfall(i, view.Usage(instance)); s != nil {
		f := s.failure(o.ask)
		return &f
	}
	o.where = append(o.where, instance)
	o.taken[instance]++
	return nil
}

// Decline records why the tasks that have no place yet get none for now.
func (o *Offer) Decline(reason string) { o.reason = reason }

// Hosts returns the instances of the cluster that are not INACTIVE, by id, each with its usage and,
// if it takes no task of the request, the reason.
func (o *Offer) Hosts() iter.Seq2[structs.InstanceUsage, structs.PlacementFailure] {
	return func(yield func(structs.InstanceUsage, structs.PlacementFailure) bool) {
		for i, u := range o.ask.request.View.Hosts(o.ask.request.Job.Cluster) {
			if i.Status == structs.InstanceInactive {
				continue
			}
			var why structs.PlacementFailure
			if s := o.shortfall(i, u); s != nil {
				why = s.failure(o.ask)
			}
			if !yield(structs.InstanceUsage{ContainerInstance: i, Usage: u}, why) {
				return
			}
		}
	}
}

// shortfall returns why an instance cannot take one more task; nil if it can.
func (o *Offer) shortfall(i *structs.ContainerInstance, u *structs.Usage) *shortfall {
	return o.ask.shortfall(o.ask.with(o.ask.host(i, u, o.peers), o.taken[i.ID]))
}

// full reports whether no instance takes another task.
func (o *Offer) full() bool {
	for _, why := range o.Hosts() {
		if why.Reason == "" {
			return false
		}
	}
	return true
}

// findByOffer lets the placer choose. Tasks that it declines to place get its reason and, if no
// instance had room, the filters' reasons as well.
func (a *ask) findByOffer() Result {
	r := a.request
	o := &Offer{
		Count: r.Count, Need: *r.Need, Definition: r.Definition, ask: a, peers: a.peers(a.distinct), taken: map[string]int{},
	}
	r.Placer(o)
	found := Result{Instances: o.where}
	if o.reason == "" || len(o.where) == o.Count {
		return found
	}
	if o.full() {
		found.explain(a, o.peers)
	}
	declined := structs.PlacementFailure{Reason: structs.FailScheduler, Detail: o.reason}
	found.Failures = append([]structs.PlacementFailure{declined}, found.Failures...)
	return found
}
