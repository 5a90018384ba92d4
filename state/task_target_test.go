package state

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// TestTargetsOfTasks: a task is found by each of its groups until it has stopped, in a restored
// state too. Tasks that are no targets have no entry, and their changes copy nothing.
func TestTargetsOfTasks(t *testing.T) {
	s := New()
	put := func(tasks ...*structs.Task) {
		t.Helper()
		err := s.Update(s.Snapshot().Index()+1, func(tx *Tx) error {
			for _, row := range tasks {
				tx.PutTask(row)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	expect := func(snap *Snapshot, group string, want ...string) {
		t.Helper()
		var got []string
		for row := range snap.TargetTasks(group) {
			if row != snap.Task(row.ID) {
				t.Errorf("task %s of group %s is not the row of state", row.ID, group)
			}
			got = append(got, row.ID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("group %s has %v, not %v", group, got, want)
		}
	}
	row := taskOfGroups
	put(row("t1", structs.TaskRunning, "g", "h"), row("t2", structs.TaskRunning, "g"))
	put(row("t1", structs.TaskDeactivating, "g", "h"))
	before := s.Snapshot()
	put(row("t2", structs.TaskStopped, "g"), row("t1", structs.TaskDeactivating, "h", "k"))
	expect(before, "g", "t1", "t2")
	expect(before, "h", "t1")
	restored, err := Load(Nouns(), 9, func(l *Loading) error {
		for r := range s.Snapshot().AllTasks() {
			l.Put(tasks, r)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, snap := range []*Snapshot{s.Snapshot(), restored.Snapshot()} {
		expect(snap, "g")
		expect(snap, "h", "t1")
		expect(snap, "k", "t1")
	}
	entries := s.Snapshot().hosts.targets.tree.Len()
	for n := range 10 {
		put(row(fmt.Sprint("plain", n), structs.TaskRunning))
	}
	if now := s.Snapshot().hosts.targets.tree.Len(); now != entries {
		t.Errorf("ten tasks that are no targets made %d entries", now-entries)
	}
}

func taskOfGroups(id string, status structs.TaskStatus, groups ...string) *structs.Task {
	r := &structs.Task{ID: id, Instance: "i", LastStatus: status}
	for _, g := range groups {
		r.Targets = append(r.Targets, structs.TaskTarget{TargetGroup: g})
	}
	return r
}

// TestTopicOfTraffic: tasks that are no targets, and deployments whose traffic stays as it is, wake
// nobody.
func TestTopicOfTraffic(t *testing.T) {
	s := New()
	sub := s.Subscribe(Topic{Kind: TopicTraffic})
	defer sub.Close()
	for n, c := range []struct {
		put  func(*Tx)
		want int
	}{
		{func(tx *Tx) { tx.PutTask(&structs.Task{ID: "a", Instance: "i"}) }, 0},
		{func(tx *Tx) { tx.PutTask(&structs.Task{ID: "b", Targets: []structs.TaskTarget{{TargetGroup: "g"}}}) }, 1},
		{func(tx *Tx) { tx.PutTask(&structs.Task{ID: "b"}) }, 1},
		{func(tx *Tx) { tx.PutJob(&structs.Job{ID: "j", Service: &structs.ServiceSpec{}}) }, 1},
		{func(tx *Tx) { tx.PutJob(&structs.Job{ID: "batch"}) }, 0},
		{func(tx *Tx) { tx.PutTask(&structs.Task{ID: "s", Group: "service:web"}) }, 0},
		{func(tx *Tx) {
			tx.PutTask(&structs.Task{ID: "s", Group: "service:web", LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning})
		}, 1},
		{func(tx *Tx) {
			tx.PutTask(&structs.Task{ID: "s", Group: "service:web", LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskRunning, Version: 2})
		}, 0},
		{func(tx *Tx) {
			tx.PutTask(&structs.Task{ID: "s", Group: "service:web", LastStatus: structs.TaskRunning, DesiredStatus: structs.TaskStopped})
		}, 1},
		{func(tx *Tx) { tx.PutDeployment(&structs.Deployment{ID: "d", Traffic: &structs.Traffic{Production: 5}}) }, 1},
		{func(tx *Tx) {
			tx.PutDeployment(&structs.Deployment{ID: "d", FailedTasks: 1, Traffic: &structs.Traffic{Production: 5}})
		}, 0},
		{func(tx *Tx) { tx.PutDeployment(&structs.Deployment{ID: "d", Traffic: &structs.Traffic{Production: 6}}) }, 1},
		{func(tx *Tx) { tx.PutInstance(&structs.ContainerInstance{ID: "i"}) }, 1},
		{func(tx *Tx) { tx.PutInstance(&structs.ContainerInstance{ID: "i", Losses: 1}) }, 0},
		{func(tx *Tx) { tx.PutInstance(&structs.ContainerInstance{ID: "i", AgentConnected: true}) }, 1},
		{func(tx *Tx) { tx.PutTarget(&structs.Target{TargetGroup: "g"}) }, 1},
	} {
		if err := s.Update(uint64(n+1), func(tx *Tx) error { c.put(tx); return nil }); err != nil {
			t.Fatal(err)
		}
		if events, _ := sub.Take(); len(events) != c.want {
			t.Errorf("change %d made %d events, not %d", n, len(events), c.want)
		}
		if s.Published() != uint64(n+1) {
			t.Errorf("published up to %d, not %d", s.Published(), n+1)
		}
	}
}
