package agent

import (
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// phase is how far one container of a task has come. Phases only grow.
type phase uint8

const (
	phaseNone   phase = iota // nothing done yet
	phasePulled              // its image is present
	// it exists; it may have started unseen, if the engine was lost while it started
	phaseCreated
	phaseRunning
	phaseEnded // it ended, was removed, or could not be started; it is never started again
)

// step is what a runner does next.
type step uint8

const (
	stepPull   step = iota // pull the images of all containers in phaseNone
	stepCreate             // create the first container in phasePulled
	stepStart              // start the first container in phaseCreated
	stepWait               // everything runs: wait for a change
	stepStop               // end every container that runs or may run
	stepFinish             // nothing is left to do: the task is STOPPED
)

// decide says what comes next for a task from whether the server wants it stopped and how far its
// containers are. It is the whole of the agent's will: a fresh task, an adopted one and one that is
// asked to stop half-way differ in nothing else.
func decide(stop bool, parts []part) step {
	if stop || ended(parts) {
		if slices.ContainsFunc(parts, part.mayRun) {
			return stepStop
		}
		return stepFinish
	}
	for _, next := range []struct {
		in phase
		do step
	}{{phaseNone, stepPull}, {phasePulled, stepCreate}, {phaseCreated, stepStart}} {
		if slices.ContainsFunc(parts, func(p part) bool { return p.phase == next.in }) {
			return next.do
		}
	}
	return stepWait
}

// ended says whether a task has come to its end by itself: an essential container of it ended, or
// all of them did.
func ended(parts []part) bool {
	all := true
	for _, p := range parts {
		if p.phase != phaseEnded {
			all = false
		} else if p.essential {
			return true
		}
	}
	return all
}

// verdict is the stop code and reason of a task that came to its end by itself.
func verdict(parts []part) (code, reason string) {
	for _, p := range parts {
		if p.essential && p.failed {
			return structs.StopTaskFailedToStart, p.seen.Reason
		}
	}
	return structs.StopEssentialContainerExited, structs.ReasonEssentialContainerExited
}
