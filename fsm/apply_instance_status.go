package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// setInstanceStatus leaves INACTIVE instances unchanged: they come back only by registering.
func setInstanceStatus(tx *state.Tx, index uint64, cmd structs.SetInstanceStatus) (string, error) {
	var changed []*structs.ContainerInstance
	for _, id := range cmd.Instances {
		old := tx.Instance(id)
		if old == nil || old.Status == cmd.Status || old.Status == structs.InstanceInactive {
			continue
		}
		i := *old
		i.Status = cmd.Status
		if cmd.Status == structs.InstanceInactive {
			i.DeregisteredAt = cmd.At
		}
		i.Version++
		tx.PutInstance(&i)
		changed = append(changed, &i)
	}
	instancesChanged(tx, index, cmd.At, changed)
	return "", nil
}

// endTasks ends the tasks of an INACTIVE instance. If its agent is connected, they are asked to
// stop and the agent will report. Otherwise nobody would ever report, so they are STOPPED at once;
// an agent that comes back finds that it does not own them and removes them.
func endTasks(tx *state.Tx, index uint64, i *structs.ContainerInstance, at structs.Time) {
	for _, old := range slices.Collect(tx.InstanceTasks(i.ID)) {
		if old.DesiredStatus == structs.TaskStopped && i.AgentConnected {
			continue
		}
		t := *old
		t.DesiredStatus = structs.TaskStopped
		setOnce(&t.StopCode, structs.StopUserInitiated)
		setOnce(&t.StoppedReason, structs.ReasonDeregistered)
		setOnce(&t.StoppingAt, at)
		if !i.AgentConnected {
			endUnseen(&t, at)
		}
		t.Version++
		tx.PutTask(&t)
		leaveTargets(tx, index, old, &t, at)
	}
}

// endUnseen marks a task that nobody can report on as STOPPED. An agent that comes back removes it.
func endUnseen(t *structs.Task, at structs.Time) {
	t.LastStatus = structs.TaskStopped
	setOnce(&t.StoppedAt, at)
	t.Containers = stoppedContainers(t.Containers)
}

func stoppedContainers(seen []structs.Container) []structs.Container {
	seen = slices.Clone(seen)
	for n := range seen {
		seen[n].LastStatus = structs.TaskStopped
	}
	return seen
}
