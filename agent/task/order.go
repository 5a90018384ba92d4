package task

import "slices"

// kind is the kind of a step.
type kind uint8

const (
	pullImage       kind = iota // make an image present
	prepareResource             // make a resource of the task exist
	createContainer             // with all images and resources present
	startContainer
	endContainer    // stop it if it runs, remove it if it never ran
	releaseResource // remove a resource of the task
)

// step is one thing to do for a task.
type step struct {
	kind kind
	of   string // the name of an image or a resource, or the key of a container
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
	containerCreated // or ended since
	containerStarted // or ended since
	containerDown    // it does not run, and cannot have been started unseen
	resourceReleased
)

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
