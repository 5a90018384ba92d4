package fsm

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func stopTasks(tx *state.Tx, index uint64, cmd structs.StopTasks) (string, error) {
	for _, id := range cmd.Tasks {
		old := tx.Task(id)
		if old == nil || old.DesiredStatus == structs.TaskStopped || old.LastStatus == structs.TaskStopped {
			continue
		}
		t := *old
		t.DesiredStatus = structs.TaskStopped
		t.StopCode, t.StoppedReason = cmd.StopCode, cmd.Reason
		t.StoppingAt = cmp.Or(t.StoppingAt, cmd.At)
		if old.Queued() { // no agent can be asked
			t.LastStatus, t.StoppedAt = structs.TaskStopped, cmd.At
		}
		t.Version++
		tx.PutTask(&t)
		leaveTargets(tx, index, old, &t, cmd.At)
		wake(tx, index, cmd.At, t.Job, structs.BecauseTaskChanged)
		if old.Queued() {
			endQueue(tx, index, cmd.At, t.Job)
		}
	}
	return "", nil
}

func reportTasks(tx *state.Tx, index uint64, cmd structs.ReportTasks) (string, error) {
	freed := false
	for n := range cmd.Updates {
		update := &cmd.Updates[n]
		old := tx.Task(update.Task)
		if old == nil || old.Instance != cmd.Instance || old.Instance == "" {
			continue
		}
		definition := tx.TaskDefinition(old.TaskDefinition)
		if update.Partial {
			update.Containers = changedContainers(old, update, definition)
		}
		if definition != nil {
			shareNames(update.Containers, definition)
		}
		t := *old
		if !merge(&t, update, cmd.At) {
			continue
		}
		addTargets(tx, index, &t, definition, cmd.At)
		health := noteHealth(old, &t, definition, cmd.At)
		t.Version++
		tx.PutTask(&t)
		leaveTargets(tx, index, old, &t, cmd.At)
		countReport(tx, old, &t, definition, cmd.At)
		if matters(tx.Job(t.Job), old, &t, health) {
			wake(tx, index, cmd.At, t.Job, structs.BecauseTaskChanged)
		}
		freed = freed || old.Holds() && !t.Holds()
	}
	if on := tx.Instance(cmd.Instance); freed && on != nil {
		unblock(tx, index, on)
		wakeLast(tx, index, cmd.At, on)
	}
	return "", nil
}

// matters reports whether a job must be evaluated again after a task changed, or its health did.
// A batch job acts only on the end of a task.
func matters(job *structs.Job, was, is *structs.Task, health bool) bool {
	if hasBatchSpec(job) {
		return was.Holds() && !is.Holds()
	}
	reached := func(s structs.TaskStatus) bool { return was.LastStatus < s && is.LastStatus >= s }
	return reached(structs.TaskRunning) || reached(structs.TaskStopped) || was.DesiredStatus != is.DesiredStatus || health
}

// merge merges an agent's report into a task and reports whether that changed anything. Reports may
// arrive twice, late and out of order: the status only moves forward, fields that are set stay set,
// and containers are only taken from a report that is not behind the task.
func merge(t *structs.Task, u *structs.TaskUpdate, at structs.Time) (changed bool) {
	late := t.LastStatus == structs.TaskStopped || u.Status != 0 && u.Status < t.LastStatus
	if !late && len(u.Containers) > 0 && !reflect.DeepEqual(t.Containers, u.Containers) {
		t.Containers, changed = u.Containers, true
	}
	if !late && !u.Partial && !reflect.DeepEqual(t.Pull, u.Pull) {
		t.Pull, changed = u.Pull, true
	}
	if u.Status > t.LastStatus {
		t.LastStatus, changed = u.Status, true
	}
	if u.Status >= structs.TaskDeactivating && t.DesiredStatus != structs.TaskStopped {
		t.DesiredStatus, changed = structs.TaskStopped, true
	}
	for _, f := range [...]struct{ field, value *structs.Time }{
		{&t.PullStartedAt, &u.PullStartedAt},
		{&t.PullStoppedAt, &u.PullStoppedAt},
		{&t.StartedAt, &u.StartedAt},
		{&t.StoppingAt, &u.StoppingAt},
		{&t.ExecutionStoppedAt, &u.ExecutionStoppedAt},
		{&t.StoppedAt, &u.StoppedAt},
	} {
		changed = setOnce(f.field, *f.value) || changed
	}
	// even if the agent left them out: Collect needs StoppedAt
	if t.LastStatus == structs.TaskStopped {
		changed = setOnce(&t.StoppedAt, at) || changed
		changed = setOnce(&t.StoppingAt, t.StoppedAt) || changed
	}
	changed = setOnce(&t.StopCode, u.StopCode) || changed
	changed = setOnce(&t.StoppedReason, u.StoppedReason) || changed
	return mergeFiles(t, u.Files) || changed
}

// changedContainers returns all containers of a task after a partial update of some. Each moves
// only forward, and none outlives its task.
func changedContainers(t *structs.Task, u *structs.TaskUpdate, d *structs.TaskDefinition) []structs.Container {
	all := slices.Clone(t.Containers)
	if len(all) == 0 && d != nil {
		for _, c := range d.ContainerDefinitions {
			all = append(all, structs.Container{Name: c.Name, LastStatus: structs.TaskPending})
		}
	}
	for _, new := range u.Containers {
		n := slices.IndexFunc(all, func(c structs.Container) bool { return c.Name == new.Name })
		if n < 0 {
			continue
		}
		c := &all[n]
		c.LastStatus = max(c.LastStatus, new.LastStatus)
		c.RuntimeID, c.ImageDigest = cmp.Or(new.RuntimeID, c.RuntimeID), cmp.Or(new.ImageDigest, c.ImageDigest)
		c.ExitCode, c.Reason = cmp.Or(new.ExitCode, c.ExitCode), cmp.Or(new.Reason, c.Reason)
		if new.NetworkBindings != nil {
			c.NetworkBindings = new.NetworkBindings
		}
	}
	if u.Status == structs.TaskStopped {
		all = stoppedContainers(all)
	}
	return all
}

// setOnce sets a field that is still zero and reports whether that changed it.
func setOnce[T comparable](field *T, value T) bool {
	var zero T
	if *field != zero || value == zero {
		return false
	}
	*field = value
	return true
}

// shareNames replaces container names by the definition's own strings, so that a million tasks do
// not hold a million copies of them. The containers belong to the command: nobody else has seen
// them yet.
func shareNames(containers []structs.Container, d *structs.TaskDefinition) {
	for n := range containers {
		if c := &containers[n]; n < len(d.ContainerDefinitions) && d.ContainerDefinitions[n].Name == c.Name {
			c.Name = d.ContainerDefinitions[n].Name
		}
	}
}
