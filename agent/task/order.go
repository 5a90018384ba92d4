package task

import "slices"

// kind is the kind of a step.
type kind uint8

const (
	pullImage       kind = iota // make an image present
	prepareResource             // make a resource of the task exist
	createContainer             // with all that it needs present
	startContainer
	restartContainer // start it again after it ended
	inspectContainer // look at it again
	endContainer     // stop it if it runs, remove it if it never ran
	updateResource   // make a resource what a newer assignment says
	releaseResource  // remove a resource of the task
)

// step is one thing to do for a task.
type step struct {
	kind kind
	of   string // the name of an image or a resource, or the key of a container
}

// clashes reports whether two steps are about the same thing, so that one must wait for the other.
// Besides, a task creates and starts its containers one after the other.
func (s step) clashes(other step) bool {
	if s.needsSlot() && other.needsSlot() {
		return true
	}
	return s.of == other.of && s.about() == other.about()
}

// needsSlot reports whether a step makes the engine work: only some tasks may take such steps at a
// time.
func (s step) needsSlot() bool {
	return s.kind == createContainer || s.kind == startContainer || s.kind == restartContainer
}

// about returns one kind for all steps that are about the same kind of thing.
func (s step) about() kind {
	switch s.kind {
	case pullImage:
		return pullImage
	case prepareResource, updateResource, releaseResource:
		return prepareResource
	}
	return createContainer
}

// busy reports whether one of the steps is about a container.
func busy(taken []step, key string) bool {
	return slices.ContainsFunc(taken, func(s step) bool { return s.of == key && s.about() == createContainer })
}

// condition is something that can be observed about a task.
type condition struct {
	is fact
	of string // the name of an image or a resource, or the key of a container
}

// fact is the kind of a condition.
type fact uint8

const (
	imagePresent fact = iota // to all containers that need it
	resourcePrepared
	resourceCurrent  // it is what the newest assignment says
	containerCreated // or ended since
	containerStarted // or ended since, or could not be started
	containerTried   // the same, and it was created
	containerRan     // it was started, and may have ended since
	containerComplete
	containerSuccessful // it ended with exit code 0
	containerHealthy
	containerFollowed // it runs if it is to run, and is as it was last seen
	containerDown     // it does not run, and cannot have been started unseen
	resourceReleased
)

// String returns ECS's word for what a container waits for.
func (f fact) String() string {
	switch f {
	case containerComplete:
		return "COMPLETE"
	case containerSuccessful:
		return "SUCCESS"
	case containerHealthy:
		return "HEALTHY"
	}
	return "START"
}

// ordered is a step in its place: the step, the condition that it brings about, and the conditions
// that it waits for.
type ordered struct {
	step
	until condition
	after []condition
}

// order is the steps of a task on its way up or down. It does not contain the task's progress. A
// dependency between containers is one more condition.
type order []ordered

// next returns the steps that can be taken now: those that wait for nothing, and hence not for each
// other. It also reports whether every step is done.
func (o order) next(holds func(condition) bool) (now []step, done bool) {
	done = true
	for _, s := range o {
		if holds(s.until) {
			continue
		}
		done = false
		if !slices.ContainsFunc(s.after, func(c condition) bool { return !holds(c) }) {
			now = append(now, s.step)
		}
	}
	return now, done
}
