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
	phaseEnded // it ended, was removed, or could not be started; it is not started again
)

// wish is what is wanted of a task.
type wish uint8

const (
	toRun   wish = iota
	toDrain      // as soon as the last request to it has ended
	toStop
	toStopAtOnce // the agent is cut off: nothing waits for anything
)

// decision is what comes next for a task.
type decision struct {
	steps []step // to take now, besides those in progress
	down  bool   // the task is on its way to its end
	done  bool   // nothing is left to do on the way up or down, and no step is in progress
}

// decide returns what comes next for a task, from what is wanted of it, how far its containers and
// resources are, and the steps in progress. Nothing else matters: a new task, an adopted one and
// one that is asked to stop halfway are treated alike.
func decide(w wish, containers []container, resources []resource, taken []step) decision {
	over := ended(containers) || broken(resources) != ""
	d := decision{down: w != toRun || over}
	steps := goingUp(containers, resources)
	switch waits := w == toDrain && !over; {
	case waits:
		steps = following(containers)
	case d.down:
		steps = goingDown(containers, resources, w == toStopAtOnce)
	}
	ready, done := steps.next(func(c condition) bool { return holds(c, containers, resources, taken) })
	for _, s := range ready {
		if !slices.ContainsFunc(slices.Concat(taken, d.steps), s.clashes) {
			d.steps = append(d.steps, s)
		}
	}
	d.done = done && len(taken) == 0 && (w != toDrain || over)
	return d
}

// goingUp returns the steps that bring a task up. All resources are prepared and all images pulled
// at the same time. A container is created once the resources, its own image, those of all
// essential containers and the containers that it needs are there. So a task fails early, and a
// sidecar with a large image holds up only what needs it. Once all essential containers exist, each
// container starts when what it waits for has come true. Later on, containers are followed:
// inspected after changes, and started again when they ended and are to.
func goingUp(containers []container, resources []resource) (o order) {
	var prepared, exist []condition
	for _, r := range resources {
		until := condition{resourcePrepared, r.Name()}
		o = append(o, ordered{step: step{prepareResource, r.Name()}, until: until})
		prepared = append(prepared, until)
	}
	before := slices.Clone(prepared)
	for _, c := range containers {
		present := condition{imagePresent, c.image()}
		o = append(o, ordered{step: step{pullImage, c.image()}, until: present})
		if c.essential {
			before = append(before, present)
			exist = append(exist, condition{containerCreated, c.key})
		}
	}
	for _, c := range containers {
		after := append(slices.Clone(before), condition{imagePresent, c.image()})
		for _, n := range c.needs {
			after = append(after, condition{containerCreated, n.on})
		}
		o = append(o, ordered{step{createContainer, c.key}, condition{containerCreated, c.key}, after})
	}
	for _, c := range containers {
		after := append(slices.Clone(exist), condition{containerCreated, c.key})
		for _, n := range c.needs {
			after = append(after, condition{n.is, n.on})
		}
		o = append(o, ordered{step{startContainer, c.key}, condition{containerStarted, c.key}, after})
	}
	for _, r := range resources {
		if r.canUpdate() {
			o = append(o, ordered{step{updateResource, r.Name()}, condition{resourceCurrent, r.Name()}, prepared})
		}
	}
	for _, c := range containers {
		follow := ordered{step: step{inspectContainer, c.key}, until: condition{containerFollowed, c.key}}
		if c.again != nil {
			follow.kind, follow.after = restartContainer, prepared
		}
		o = append(o, follow)
	}
	return o
}

// following returns the steps for a task that only waits for requests: its containers are looked at
// after changes, and none is started again.
func following(containers []container) (o order) {
	for _, c := range containers {
		if c.again == nil {
			o = append(o, ordered{step: step{inspectContainer, c.key}, until: condition{containerFollowed, c.key}})
		}
	}
	return o
}

// goingDown returns the steps that end a task. Each container ends once those that need it have
// ended, and then the resources are released.
func goingDown(containers []container, resources []resource, atOnce bool) (o order) {
	var all []condition
	for _, c := range containers {
		down := condition{containerDown, c.key}
		all = append(all, down)
		var after []condition
		for _, other := range containers {
			if !atOnce && slices.ContainsFunc(other.needs, func(n need) bool { return n.on == c.key }) {
				after = append(after, condition{containerDown, other.key})
			}
		}
		o = append(o, ordered{step{endContainer, c.key}, down, after})
	}
	for _, r := range resources {
		o = append(o, ordered{step{releaseResource, r.Name()}, condition{resourceReleased, r.Name()}, all})
	}
	return o
}

// holds reports whether a condition holds, judging by what was seen of the containers and by what
// was done to the resources.
func holds(c condition, containers []container, resources []resource, taken []step) bool {
	if c.is == resourcePrepared || c.is == resourceCurrent || c.is == resourceReleased {
		return !slices.ContainsFunc(resources, func(of resource) bool {
			is := map[fact]bool{resourcePrepared: of.prepared, resourceCurrent: !of.outdated, resourceReleased: of.released}
			return of.Name() == c.of && !is[c.is]
		})
	}
	return !slices.ContainsFunc(containers, func(of container) bool {
		switch {
		case c.is == imagePresent:
			return of.image() == c.of && of.phase < phasePulled
		case of.key != c.of:
			return false
		case c.is == containerDown:
			return of.mayRun() || busy(taken, of.key)
		case c.is == containerFollowed:
			return of.mayRun() && (of.stale || of.again != nil)
		}
		return !of.reached(c.is)
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
	if why := broken(resources); why != "" && startedAt(containers) == 0 {
		return structs.StopTaskFailedToStart, why
	} else if why != "" {
		return structs.StopEssentialContainerExited, why
	}
	for _, c := range containers {
		if c.essential && c.failed {
			return structs.StopTaskFailedToStart, c.seen.Reason
		}
	}
	return structs.StopEssentialContainerExited, structs.ReasonEssentialContainerExited
}
