package state

import (
	"iter"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

var tasks = Declare(Declaration[structs.Task]{
	Table: 6, Name: "tasks",
	Less: func(a, b *structs.Task) bool { return a.ID < b.ID },
	Indexes: []Index[structs.Task]{
		tasksByJob: {Of: func(t *structs.Task) string { return t.Job }, Less: lessJobTask},
		tasksByInstance: {
			Of: func(t *structs.Task) string { return t.Instance }, Less: lessInstanceTask,
			Has: onInstance,
		},
		tasksByGroup: {
			Of: func(t *structs.Task) string { return t.Group }, Less: lessGroupTask,
			Has: func(t *structs.Task) bool { return !structs.IsServiceGroup(t.Group) && onInstance(t) },
		},
	},
	Topics: func(was, t *structs.Task, _ bool) [maxTopics]Topic {
		topics := [maxTopics]Topic{{Kind: TopicInstanceTasks, ID: t.Instance}}
		if len(t.Targets) > 0 || was != nil && len(was.Targets) > 0 || servesDiffers(was, t) {
			topics[1] = Topic{Kind: TopicTraffic}
		}
		return topics
	},
	Changed: func(tx *Tx, was, is *structs.Task) {
		tx.account(was, is)
		tx.target(was, is)
	},
})

// The indexes of tasks.
const (
	tasksByJob      = iota // by job and id
	tasksByInstance        // by instance and id; those that hold resources of an instance
	// by group, instance and id; those in tasksByInstance that belong to no service
	tasksByGroup
)

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

// onInstance reports whether a task counts for its instance. A queued task has no instance yet.
func onInstance(t *structs.Task) bool { return t.Holds() && t.Instance != "" }

// Task returns a task by id, or nil if there is none.
func (s *Snapshot) Task(id string) *structs.Task { return tasks.get(s, &structs.Task{ID: id}) }

// AllTasks returns every task of every cluster by id.
func (s *Snapshot) AllTasks() iter.Seq[*structs.Task] { return tasks.all(s) }

// Tasks returns the tasks of a cluster by job and id.
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

// JobTasks returns the tasks of a job by id.
func (s *Snapshot) JobTasks(job string) iter.Seq[*structs.Task] {
	return tasks.of(s, tasksByJob, &structs.Task{Job: job})
}

// InstanceTasks returns the tasks that hold resources of an instance, by id.
func (s *Snapshot) InstanceTasks(instance string) iter.Seq[*structs.Task] {
	return tasks.of(s, tasksByInstance, &structs.Task{Instance: instance})
}

// GroupTasks returns the tasks of a group that hold resources of an instance, by instance and id,
// in any cluster. Tasks of services are not indexed by group.
func (s *Snapshot) GroupTasks(group string) iter.Seq[*structs.Task] {
	return tasks.of(s, tasksByGroup, &structs.Task{Group: group})
}

// PutTask adds or replaces a task and updates the usage of its instance.
func (tx *Tx) PutTask(t *structs.Task) { tasks.put(tx, t) }

// RemoveTask removes a task.
func (tx *Tx) RemoveTask(t *structs.Task) { tasks.remove(tx, t) }
