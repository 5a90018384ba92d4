package state

import (
	"iter"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// taskTarget is a task that has not stopped, as a target of one target group. Tasks that are no
// targets have none, and cost nothing.
type taskTarget struct {
	group string // TargetGroup.ID
	id    string // Task.ID
	task  *structs.Task
}

func lessTaskTarget(a, b taskTarget) bool {
	if a.group != b.group {
		return a.group < b.group
	}
	return a.id < b.id
}

// TargetTasks returns the tasks that are targets of a target group and have not stopped, by id.
func (s *Snapshot) TargetTasks(group string) iter.Seq[*structs.Task] {
	return func(yield func(*structs.Task) bool) {
		for t := range s.hosts.targets.from(taskTarget{group: group}) {
			if t.group != group || !yield(t.task) {
				return
			}
		}
	}
}

// AllTargetTasks returns the tasks that are targets of any target group and have not stopped. One
// that is a target of several comes several times.
func (s *Snapshot) AllTargetTasks() iter.Seq[*structs.Task] {
	return func(yield func(*structs.Task) bool) {
		for t := range s.hosts.targets.all() {
			if !yield(t.task) {
				return
			}
		}
	}
}

// target updates the targets for a changed task; either row may be nil.
func (tx *Tx) target(was, is *structs.Task) {
	if was != nil && was.Holds() {
		for n := range was.Targets {
			tx.ownHosts().targets.remove(taskTarget{group: was.Targets[n].TargetGroup, id: was.ID})
		}
	}
	if is != nil && is.Holds() {
		for n := range is.Targets {
			tx.ownHosts().targets.put(taskTarget{group: is.Targets[n].TargetGroup, id: is.ID, task: is})
		}
	}
}

// trafficTopic returns the topic of rows of which every change decides who receives traffic.
func trafficTopic[R any](*R, *R, bool) [maxTopics]Topic {
	return [maxTopics]Topic{{Kind: TopicTraffic}}
}

// trafficDiffers reports whether a change of an instance decides who receives traffic, or who
// passes it on.
func trafficDiffers(was, is *structs.ContainerInstance, removed bool) bool {
	return was == nil || removed || was.AgentConnected != is.AgentConnected || was.Status != is.Status ||
		was.Ingress != is.Ingress || was.Address != is.Address || was.Zone != is.Zone || was.Name != is.Name
}

// servesDiffers reports whether a change of a service's task may change the names that stand for
// it: it begins or ceases to run, its health, address or ports change.
func servesDiffers(was, is *structs.Task) bool {
	if !structs.IsServiceGroup(is.Group) {
		return false
	}
	runs := func(t *structs.Task) bool {
		return t != nil && t.LastStatus == structs.TaskRunning && t.DesiredStatus == structs.TaskRunning
	}
	if !runs(was) || !runs(is) {
		return runs(was) != runs(is)
	}
	return was.Address != is.Address || was.HealthyAt != is.HealthyAt ||
		!slices.EqualFunc(was.Containers, is.Containers, func(a, b structs.Container) bool {
			return a.HealthStatus == b.HealthStatus && len(a.NetworkBindings) == len(b.NetworkBindings)
		})
}

// sameTraffic reports whether two shares of traffic are equal; either may be nil.
func sameTraffic(a, b *structs.Traffic) bool {
	return a == b || a != nil && b != nil && *a == *b
}

// Ingress returns the ids of the instances that open listeners and whose agents are connected, in
// their order.
func (s *Snapshot) Ingress() (ids []string) {
	for i := range s.AllInstances() {
		if i.Ingress && i.AgentConnected && i.Status != structs.InstanceInactive {
			ids = append(ids, i.ID)
		}
	}
	return ids
}
