package state

import (
	"iter"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

func lessTask(a, b *structs.Task) bool { return a.ID < b.ID }

func lessJobTask(a, b *structs.Task) bool {
	if order := strings.Compare(a.Job, b.Job); order != 0 {
		return order < 0
	}
	return a.ID < b.ID
}

func lessInstanceTask(a, b *structs.Task) bool {
	if order := strings.Compare(a.Instance, b.Instance); order != 0 {
		return order < 0
	}
	return a.ID < b.ID
}

func lessGroupTask(a, b *structs.Task) bool {
	if order := strings.Compare(a.Group, b.Group); order != 0 {
		return order < 0
	}
	return lessInstanceTask(a, b)
}

// Task gives a task by id, nil when there is none.
func (s *Snapshot) Task(id string) *structs.Task {
	t, _ := s.tasks.get(&structs.Task{ID: id})
	return t
}

// AllTasks gives every task of every cluster by id.
func (s *Snapshot) AllTasks() iter.Seq[*structs.Task] { return s.tasks.all() }

// Tasks gives the tasks of a cluster by job and id.
func (s *Snapshot) Tasks(cluster string) iter.Seq[*structs.Task] {
	return func(yield func(*structs.Task) bool) {
		for j := range s.Jobs(cluster) {
			for t := range s.JobTasks(j.ID) {
				if !yield(t) {
					return
				}
			}
		}
	}
}

// JobTasks gives the tasks of a job by id.
func (s *Snapshot) JobTasks(job string) iter.Seq[*structs.Task] {
	return while(s.jobTasks.from(&structs.Task{Job: job}), func(t *structs.Task) bool { return t.Job == job })
}

// InstanceTasks gives the tasks that hold resources of an instance, by id.
func (s *Snapshot) InstanceTasks(instance string) iter.Seq[*structs.Task] {
	return while(s.instanceTasks.from(&structs.Task{Instance: instance}),
		func(t *structs.Task) bool { return t.Instance == instance })
}

// GroupTasks gives the tasks of a group that hold resources of an instance, by instance and id,
// whatever their cluster; those of the group of a service are not kept.
func (s *Snapshot) GroupTasks(group string) iter.Seq[*structs.Task] {
	return while(s.groupTasks.from(&structs.Task{Group: group}), func(t *structs.Task) bool { return t.Group == group })
}

// PutTask adds or replaces a task and keeps the usage of its instance. A task never changes its
// job, nor its instance once it has one.
func (tx *Tx) PutTask(t *structs.Task) {
	tx.account(tx.tasks.put(t), t)
	tx.jobTasks.put(t)
	if onInstance(t) {
		tx.instanceTasks.put(t)
	} else {
		tx.instanceTasks.remove(t)
	}
	switch {
	case structs.IsServiceGroup(t.Group):
	case onInstance(t):
		tx.groupTasks.put(t)
	default:
		tx.groupTasks.remove(t)
	}
	tx.changes = append(tx.changes, change{row: t, topics: [2]Topic{{Kind: TopicInstanceTasks, ID: t.Instance}}})
}

// onInstance says whether a task counts for its instance: one that is queued has none yet.
func onInstance(t *structs.Task) bool { return t.Holds() && t.Instance != "" }

// RemoveTask forgets a task.
func (tx *Tx) RemoveTask(t *structs.Task) {
	tx.account(tx.Task(t.ID), nil)
	tx.tasks.remove(t)
	tx.jobTasks.remove(t)
	tx.instanceTasks.remove(t)
	tx.groupTasks.remove(t)
}
