package fsm

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// The state of a new target, in elbv2's words.
const (
	reasonRegistering  = "Elb.RegistrationInProgress"
	textRegistering    = "Target registration is in progress"
	reasonNotChecked   = "Target.HealthCheckDisabled"
	textNotChecked     = "Health checks are not enabled for this target"
	registeredText     = "registered %d targets in "
	deregisteredText   = "deregistered %d targets in "
	drainingText       = "has begun draining connections on %d tasks."
	eventsOfOneCommand = 20 // how many of the newest events may be of the same command
)

// addTargets makes a task a target of its service's target groups once it can be reached: it is
// RUNNING, and its ports are known. A target whose port has changed, because its container was
// restarted, is a new one. A task that was asked to stop becomes none.
func addTargets(tx *state.Tx, index uint64, t *structs.Task, d *structs.TaskDefinition, at structs.Time) {
	if d == nil || t.LastStatus != structs.TaskRunning || t.DesiredStatus != structs.TaskRunning {
		return
	}
	deployment := deploymentOf(tx, t)
	if deployment == nil {
		return
	}
	version := tx.JobVersion(deployment.Job, deployment.JobVersion)
	if version == nil {
		version = tx.Job(deployment.Job)
	}
	balancers := structs.BalancersOf(deployment, version)
	for n := range balancers {
		b := &balancers[n]
		group, port := tx.TargetGroup(b.Group(deployment.Alternate)), t.TargetPort(d, b.Container, b.ContainerPort)
		if group == nil || port == 0 {
			continue
		}
		target := structs.TaskTarget{
			TargetGroup: group.ID, Container: b.Container, ContainerPort: b.ContainerPort, Port: port,
			Health: structs.TargetHealth{State: structs.TargetInitial, Reason: reasonRegistering, Description: textRegistering, Since: at},
		}
		if !group.Check.Enabled {
			target.Health = structs.TargetHealth{State: structs.TargetUnavailable, Reason: reasonNotChecked, Description: textNotChecked, Since: at}
		}
		if putTarget(t, target) {
			countEvent(tx, index, at, t.Job, registeredText, structs.TargetGroupText(group)+".")
		}
	}
}

// putTarget adds a target to a task, or replaces it if its port has changed. It reports whether it
// did either.
func putTarget(t *structs.Task, target structs.TaskTarget) bool {
	n := slices.IndexFunc(t.Targets, func(old structs.TaskTarget) bool {
		return old.TargetGroup == target.TargetGroup && old.Container == target.Container && old.ContainerPort == target.ContainerPort
	})
	switch {
	case n < 0:
		t.Targets = append(slices.Clip(t.Targets), target)
	case t.Targets[n].Port == target.Port:
		return false
	default:
		t.Targets = slices.Clone(t.Targets)
		t.Targets[n] = target
	}
	return true
}

// leaveTargets adds the events about a task that was a target, and has been asked to stop or is on
// its way down by itself.
func leaveTargets(tx *state.Tx, index uint64, was, is *structs.Task, at structs.Time) {
	if len(was.Targets) == 0 || was.DesiredStatus == structs.TaskStopped || is.DesiredStatus != structs.TaskStopped {
		return
	}
	if is.LastStatus <= structs.TaskDeactivating {
		countEvent(tx, index, at, is.Job, drainingText, "")
	}
	for n := range was.Targets {
		if group := tx.TargetGroup(was.Targets[n].TargetGroup); group != nil {
			countEvent(tx, index, at, is.Job, deregisteredText, structs.TargetGroupText(group)+".")
		}
	}
}

// countEvent adds an event of a service that counts something. A command that counts the same thing
// more than once makes one event of it.
func countEvent(tx *state.Tx, index uint64, at structs.Time, id, format, rest string) {
	job := tx.Job(id)
	if !isService(job) {
		return
	}
	begin := "(service " + job.Name + ") "
	event := structs.ServiceEvent{ID: eventID(index, id, format+rest), At: at, Message: begin + fmt.Sprintf(format, 1) + rest}
	row := *tx.ServiceEvents(id)
	for n := range min(len(row.Events), eventsOfOneCommand) {
		var count int
		if row.Events[n].ID != event.ID {
			continue
		}
		if _, err := fmt.Sscanf(row.Events[n].Message[len(begin):], format, &count); err != nil {
			continue
		}
		row.Events = slices.Clone(row.Events)
		row.Events[n].Message = begin + fmt.Sprintf(format, count+1) + rest
		tx.PutServiceEvents(&row)
		return
	}
	putEvents(tx, id, []structs.ServiceEvent{event})
}

// eventID returns a UUID that is the same on every server.
func eventID(index uint64, job, text string) string {
	d := sha256.Sum256(fmt.Appendf(nil, "event/%d/%s/%s", index, job, text))
	return fmt.Sprintf("%x-%x-%x-%x-%x", d[:4], d[4:6], d[6:8], d[8:10], d[10:16])
}
