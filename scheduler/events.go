package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gantry-project/gantry/scheduler/place"
	"github.com/gantry-project/gantry/structs"
)

const (
	steadyText = "has reached a steady state."
	stuckText  = "was unable to stop or start tasks during a deployment because of the service deployment configuration. " +
		"Update the minimumHealthyPercent or maximumPercent value and try again."
	// protectedText is ECS's text, whose "task set" is a deployment here.
	protectedText = "was unable to reach steady state because task set (%s) was unable to scale in. " +
		"Reason: The number of protected tasks are more than the desired count of tasks."
	unableText   = "is unable to consistently start tasks successfully."
	unplacedText = "was unable to place a task because no container instance met all of its requirements. "
)

const (
	// repeatAfter is how long it takes until the message for a lasting cause is repeated (ECS).
	repeatAfter = structs.Time(6 * time.Hour / time.Millisecond)
	// namedTasks bounds how many tasks an event names; a service may start thousands at a time.
	namedTasks = 20
)

// finish adds to the plan the events, oldest first, and the next look.
func (w *planWriter) finish() {
	var texts []string
	if n := len(w.plan.Stops); n > 0 {
		tasks := list(n, func(i int) string { return w.plan.Stops[i].Task })
		texts = append(texts, fmt.Sprintf("has stopped %d running tasks: %s.", n, tasks))
	}
	if len(w.plan.Placements) > 0 {
		texts = append(texts, startedMessage(w.plan.Placements))
	}
	for _, text := range append(texts, w.messages...) {
		w.plan.Events = append(w.plan.Events, structs.ServiceEvent{ID: w.eventID(), At: w.in.Now, Message: w.subject() + text})
	}
	if w.wakeAt > 0 {
		w.plan.FollowUp = followUp(w.job, w.in.Now, max(w.wakeAt, w.in.Now+1))
	}
}

// followUp returns an evaluation for another look at a later time. Its id is made from the job and
// the time, so looks that ask for the same time share one. It differs from the ids that fsm makes
// from raft indexes: the first bit of its second half is set.
func followUp(job *structs.Job, now, at structs.Time) *structs.Evaluation {
	return &structs.Evaluation{
		ID:      job.ID[max(0, len(job.ID)-16):] + fmt.Sprintf("%016x", uint64(at)|1<<63),
		Cluster: job.Cluster, Job: job.ID, Because: structs.BecauseTimeDue, Status: structs.EvaluationReady,
		CreatedAt: now, WaitUntil: at,
	}
}

func (w *planWriter) subject() string {
	if w.ofSet {
		return "(service " + w.job.Name + ", taskSet " + w.primary.ID + ") "
	}
	return "(service " + w.job.Name + ") "
}

func (w *planWriter) tell(text string) { w.messages = append(w.messages, text) }

// tellOnce adds an event about what keeps the service from its goal. It does not repeat a message
// within six hours, unless the cause was resolved in between by a steady state or a new deployment.
// Messages for one cause have the same beginning and contain the cause.
func (w *planWriter) tellOnce(begin, rest, cause string) {
	for _, e := range w.in.View.ServiceEvents(w.job.ID).Events {
		if e.At <= w.in.Now-repeatAfter || e.At < w.primary.CreatedAt || e.Message == w.subject()+steadyText {
			break
		}
		if strings.HasPrefix(e.Message, w.subject()+begin) && strings.Contains(e.Message, cause) {
			return
		}
	}
	w.tell(begin + rest)
}

// tellSteady adds an event when the service, or the task set, reaches a steady state.
func (w *planWriter) tellSteady() {
	past := w.in.View.ServiceEvents(w.job.ID).Events
	last := slices.IndexFunc(past, func(e structs.ServiceEvent) bool { return strings.HasPrefix(e.Message, w.subject()) })
	if len(w.messages) > 0 || last < 0 || past[last].Message != w.subject()+steadyText {
		w.tell(steadyText)
	}
}

// tellStuck adds an event if the limits of the update policy allow no step, and no task is starting
// or stopping that could change that.
func (s *service) tellStuck() {
	f := &s.fleet
	if f.healthy() == f.alive() && len(f.leaving) == 0 && !s.held {
		s.tellOnce(stuckText, "", "")
	}
}

// tellProtected adds an event if the service cannot stop its surplus because more tasks are
// protected than desired.
func (s *service) tellProtected() {
	if !s.held {
		return
	}
	protected, of := 0, ""
	count := func(t *structs.Task, _ func(*ranks) *[]*structs.Task) {
		if t.ProtectedUntil > s.in.Now {
			protected, of = protected+1, t.StartedBy
		}
	}
	s.fleet.current.each(count)
	s.fleet.old.each(count)
	if protected > s.count {
		s.tellOnce(fmt.Sprintf(protectedText, of), "", "")
	}
}

// tellUnplaced adds an event about why tasks found no place, with the reason of the closest
// instance.
func (s *service) tellUnplaced(found place.Result) {
	if len(found.Failures) == 0 {
		return
	}
	closest := found.Failures[0]
	var cause string
	switch closest.Reason {
	case structs.FailScheduler:
		s.tellOnce("was unable to place a task. ", "Its scheduler "+s.job.Scheduler+" says: "+closest.Detail, closest.Detail)
		return
	case structs.FailNoInstance:
		s.tellOnce(unplacedText, "Reason: No Container Instances were found in your cluster.", "")
		return
	case structs.FailProvider:
		s.tellOnce(unplacedText, "Reason: No Container Instances were found in your capacity provider.", "capacity provider")
		return
	case structs.FailCPU:
		cause = "has insufficient CPU units available."
	case structs.FailMemory:
		cause = "has insufficient memory available."
	case structs.FailGPU:
		cause = "has insufficient GPU resource available."
	case structs.FailPorts:
		cause = "is already using a port required by your task."
	case structs.FailRuntime:
		cause = "has a container engine that does not answer."
	case structs.FailUnstable:
		cause = "was lost again and again, and is held back for a while."
	case structs.FailAttribute:
		cause = "is missing an attribute required by your task."
	default:
		cause = fmt.Sprintf("encountered error %q.", closest.Reason)
	}
	rest := "The closest matching container-instance " + closest.Instance + " " + cause
	if found.Remedy != "" {
		rest += " It would take " + found.Remedy + "."
	}
	s.tellOnce(unplacedText, rest, cause)
}

// list returns the text that names the tasks of an event. task returns a task's id by its index in
// the plan.
func list(n int, task func(int) string) string {
	var b strings.Builder
	for i := range min(n, namedTasks) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString("(task " + task(i) + ")")
	}
	if n > namedTasks {
		fmt.Fprintf(&b, " and %d more", n-namedTasks)
	}
	return b.String()
}

// eventID returns a new UUID.
func (w *planWriter) eventID() string {
	id := w.ids.next()
	return strings.Join([]string{id[:8], id[8:12], id[12:16], id[16:20], id[20:]}, "-")
}
