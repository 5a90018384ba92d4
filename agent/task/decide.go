package task

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// phase is the progress of one container of a task. Phases only increase.
type phase uint8

const (
	phaseNone    phase = iota // nothing done yet
	phasePulled               // its image is present
	phaseCreated              // it exists; it may have started unseen, if the engine was lost then
	phaseRunning
	phaseEnded // it ended, was removed, or could not be started; it is never started again
)

// decision is what comes next for a task.
type decision struct {
	steps []step // to take now, all at the same time
	down  bool   // the task is on its way to its end
	done  bool   // nothing is left to do on the way up or down
}

// decide returns what comes next for a task, from whether the server wants it stopped and how far
// its containers and resources are. Nothing else matters: a new task, an adopted one and one that
// is asked to stop halfway are treated alike.
func decide(stop bool, containers []container, resources []resource) decision {
	d := decision{down: stop || ended(containers) || broken(resources) != ""}
	steps := goingUp(containers, resources)
	if d.down {
		steps = goingDown(containers, resources)
	}
	d.steps, d.done = steps.next(func(c condition) bool { return holds(c, containers, resources) })
	return d
}

// goingUp returns the steps that bring a task up. All resources are prepared and all images pulled
// at the same time. Once all are present the containers are created, one after the other in the
// order of the definition (those that others have links to first), and once all exist they are
// started in the same way.
func goingUp(containers []container, resources []resource) (o order) {
	var before []condition
	for _, r := range resources {
		prepared := condition{resourcePrepared, r.Name()}
		o = append(o, ordered{step: step{prepareResource, r.Name()}, until: prepared})
		before = append(before, prepared)
	}
	for _, c := range containers {
		present := condition{imagePresent, c.image()}
		if !slices.Contains(before, present) {
			o = append(o, ordered{step: step{pullImage, c.image()}, until: present})
			before = append(before, present)
		}
	}
	for _, c := range linkedFirst(containers) {
		created := condition{containerCreated, c.key}
		o = append(o, ordered{step{createContainer, c.key}, created, before})
		before = append(before, created)
	}
	for _, c := range linkedFirst(containers) {
		started := condition{containerStarted, c.key}
		o = append(o, ordered{step{startContainer, c.key}, started, before})
		before = append(before, started)
	}
	return o
}

// goingDown returns the steps that end a task: all its containers end at the same time, and then
// its resources are released.
func goingDown(containers []container, resources []resource) (o order) {
	var before []condition
	for _, c := range containers {
		down := condition{containerDown, c.key}
		o = append(o, ordered{step: step{endContainer, c.key}, until: down})
		before = append(before, down)
	}
	for _, r := range resources {
		o = append(o, ordered{step{releaseResource, r.Name()}, condition{resourceReleased, r.Name()}, before})
	}
	return o
}

// holds reports whether a condition holds, judging by what was seen of the containers and by what
// was done to the resources.
func holds(c condition, containers []container, resources []resource) bool {
	if c.is == resourcePrepared || c.is == resourceReleased {
		return !slices.ContainsFunc(resources, func(of resource) bool {
			return of.Name() == c.of && !(c.is == resourcePrepared && of.prepared || c.is == resourceReleased && of.released)
		})
	}
	return !slices.ContainsFunc(containers, func(of container) bool {
		switch c.is {
		case imagePresent:
			return of.image() == c.of && of.phase < phasePulled
		case containerCreated:
			return of.key == c.of && of.phase < phaseCreated
		case containerStarted:
			return of.key == c.of && of.phase < phaseRunning
		default:
			return of.key == c.of && of.mayRun()
		}
	})
}

// ended reports whether a task has ended on its own: one of its essential containers ended, or all
// containers did.
func ended(containers []container) bool {
	all := true
	for _, c := range containers {
		if c.phase != phaseEnded {
			all = false
		} else if c.essential {
			return true
		}
	}
	return all
}

// broken returns why a resource cannot be prepared, or "".
func broken(resources []resource) string {
	for _, r := range resources {
		if r.failed != "" {
			return r.failed
		}
	}
	return ""
}

// verdict returns the stop code and reason of a task that ended on its own.
func verdict(containers []container, resources []resource) (code, reason string) {
	if why := broken(resources); why != "" {
		return structs.StopTaskFailedToStart, why
	}
	for _, c := range containers {
		if c.essential && c.failed {
			return structs.StopTaskFailedToStart, c.seen.Reason
		}
	}
	return structs.StopEssentialContainerExited, structs.ReasonEssentialContainerExited
}
