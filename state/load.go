package state

import (
	"maps"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// Loading fills a new store with rows that were saved. It differs from a transaction in its tasks,
// of which there may be millions: what is derived from them is made at the end, in one go.
type Loading struct{ *Tx }

// Load builds a store at a raft index from the rows that fill puts, in any order, and fastest in
// the order of their keys. When fill fails there is no store.
func Load(index uint64, fill func(*Loading) error) (*Store, error) {
	s := New()
	l := &Loading{&Tx{Snapshot: s.Snapshot(), usages: map[string]*structs.Usage{}}}
	if err := fill(l); err != nil {
		return nil, err
	}
	l.derive()
	l.index = index
	return s, nil
}

// PutTask adds a task.
func (l *Loading) PutTask(t *structs.Task) { l.tasks.load(t) }

// derive makes the indexes of tasks and the usage of instances. Tasks come in the order of their
// ids and so stay in order within each job and instance: no search and no sort, which is several
// times faster than putting them one by one.
func (l *Loading) derive() {
	jobs, instances := map[string][]*structs.Task{}, map[string][]*structs.Task{}
	for t := range l.tasks.all() {
		jobs[t.Job] = append(jobs[t.Job], t)
		if onInstance(t) {
			instances[t.Instance] = append(instances[t.Instance], t)
		}
	}
	for _, job := range slices.Sorted(maps.Keys(jobs)) {
		for _, t := range jobs[job] {
			l.jobTasks.load(t)
		}
	}
	for _, instance := range slices.Sorted(maps.Keys(instances)) {
		for _, t := range instances[instance] {
			l.instanceTasks.load(t)
			l.account(nil, t)
			if !structs.IsServiceGroup(t.Group) {
				l.groupTasks.put(t)
			}
		}
	}
	l.reclass()
}
