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
// its containers are. Nothing else matters: a new task, an adopted one and one that is asked to
// stop halfway are treated alike.
func decide(stop bool, containers []container) decision {
	d := decision{down: stop || ended(containers)}
	steps := goingUp(containers)
	if d.down {
		steps = goingDown(containers)
	}
	d.steps, d.done = steps.next(func(c condition) bool { return holds(c, containers) })
	return d
}

// goingUp returns the steps that bring a task up. All images are pulled at the same time. Once all
// are present the containers are created, one after the other in the order of the definition, and
// once all exist they are started in the same way.
func goingUp(containers []container) (o order) {
	var before []condition
	for _, c := range containers {
		present := condition{imagePresent, c.image()}
		if !slices.Contains(before, present) {
			o = append(o, ordered{step: step{pullImage, c.image()}, until: present})
			before = append(before, present)
		}
	}
	for _, c := range containers {
		created := condition{containerCreated, c.key}
		o = append(o, ordered{step{createContainer, c.key}, created, before})
		before = append(before, created)
	}
	for _, c := range containers {
		started := condition{containerStarted, c.key}
		o = append(o, ordered{step{startContainer, c.key}, started, before})
		before = append(before, started)
	}
	return o
}

// goingDown returns the steps that end a task: all its containers end at the same time.
func goingDown(containers []container) (o order) {
	for _, c := range containers {
		o = append(o, ordered{step: step{endContainer, c.key}, until: condition{containerDown, c.key}})
	}
	return o
}

// holds reports whether a condition holds, judging by what was seen of the containers.
func holds(c condition, containers []container) bool {
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

// verdict returns the stop code and reason of a task that ended on its own.
func verdict(containers []container) (code, reason string) {
	for _, c := range containers {
		if c.essential && c.failed {
			return structs.StopTaskFailedToStart, c.seen.Reason
		}
	}
	return structs.StopEssentialContainerExited, structs.ReasonEssentialContainerExited
}
