package task

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// need is what another container must reach before a container starts.
type need struct {
	on   string // the key of the other
	name string // of the other
	is   fact
}

// needsOf returns what a container waits for: what dependsOn says, the start of containers that it
// links to and of the router that takes its output, and the existence of those whose volumes it
// uses (as in ECS's agent).
func needsOf(def *structs.ContainerDefinition, containers []container) (needs []need) {
	add := func(name string, is fact) {
		if at := slices.IndexFunc(containers, func(c container) bool { return c.seen.Name == name }); at >= 0 {
			needs = append(needs, need{containers[at].key, name, is})
		}
	}
	for _, d := range def.DependsOn {
		switch d.Condition {
		case "COMPLETE":
			add(d.ContainerName, containerComplete)
		case "SUCCESS":
			add(d.ContainerName, containerSuccessful)
		case "HEALTHY":
			add(d.ContainerName, containerHealthy)
		default:
			add(d.ContainerName, containerRan)
		}
	}
	for _, link := range def.Links {
		name, _, _ := strings.Cut(link, ":")
		add(name, containerRan)
	}
	for _, v := range def.VolumesFrom {
		add(v.SourceContainer, containerTried)
	}
	if router := routerOf(def, containers); router != "" {
		add(router, containerRan)
	}
	return needs
}

// routerOf returns the router that starts before a container, and ends after it. As in ECS's agent,
// a router that depends on other containers starts when these say: one of them may log to it.
func routerOf(def *structs.ContainerDefinition, containers []container) string {
	if !def.IsRouted() {
		return ""
	}
	for _, c := range containers {
		if router := &c.spec.Definition; router.IsRouter() && len(router.DependsOn) == 0 && router.Name != def.Name {
			return router.Name
		}
	}
	return ""
}

// failBlocked fails the containers that wait for what another one will never reach, or did not
// reach in time. It returns when the next wait is over, or zero.
func failBlocked(containers []container, taken []step, now structs.Time) (next structs.Time) {
	for again := true; again; { // a container that fails can block others
		again, next = false, 0
		for i := range containers {
			c := &containers[i]
			if c.phase >= phaseRunning || busy(taken, c.key) {
				continue
			}
			why, until := c.blocked(containers, now)
			if why != "" {
				c.fail(cannotStart + ": dependency graph: " + why)
				again = true
			} else if until != 0 && (next == 0 || until < next) {
				next = until
			}
		}
	}
	return next
}

// blocked returns why a container cannot start, or "", and when its wait is over, or zero. The
// texts begin as ECS's do.
func (c *container) blocked(containers []container, now structs.Time) (why string, until structs.Time) {
	for _, n := range c.needs {
		on := &containers[slices.IndexFunc(containers, func(of container) bool { return of.key == n.on })]
		if on.reached(n.is) {
			continue
		}
		if why := on.cannotReach(n.is); why != "" {
			return fmt.Sprintf("failed to resolve container ordering dependency [%s] for target [%s] as dependency %s",
				n.name, c.seen.Name, why), 0
		}
		limit := on.reachUntil(n.is)
		if limit != 0 && limit <= now {
			return fmt.Sprintf("container ordering dependency [%s] for target [%s] has timed out: it was not %s within its startTimeout of %d seconds",
				n.name, c.seen.Name, n.is, *on.spec.Definition.StartTimeout), 0
		}
		if limit != 0 && (until == 0 || limit < until) {
			until = limit
		}
	}
	return "", until
}

// reached reports whether a fact about the container holds.
func (c *container) reached(is fact) bool {
	switch is {
	case containerCreated:
		return c.phase >= phaseCreated
	case containerStarted:
		return c.phase >= phaseRunning
	case containerRan:
		return c.phase >= phaseRunning && !c.failed
	case containerTried:
		return c.phase >= phaseRunning && c.seen.RuntimeID != ""
	case containerComplete:
		return c.phase == phaseEnded && !c.failed
	case containerSuccessful:
		return c.phase == phaseEnded && c.seen.ExitCode != nil && *c.seen.ExitCode == 0
	case containerHealthy:
		return c.phase == phaseRunning && c.again == nil && c.seen.HealthStatus == structs.Healthy
	}
	return false
}

// cannotReach returns why a fact about the container that does not hold never will, or "".
func (c *container) cannotReach(is fact) string {
	switch {
	case c.phase == phaseEnded && c.failed:
		return "could not be started: " + c.seen.Reason
	case c.phase == phaseEnded && is == containerSuccessful:
		return "did not exit successfully: " + c.outcome()
	case c.phase == phaseEnded:
		return "has ended: " + c.outcome()
	case is == containerHealthy && c.again == nil && c.seen.HealthStatus == structs.Unhealthy:
		return "is UNHEALTHY"
	}
	return ""
}

// outcome returns in words how the container ended.
func (c *container) outcome() string {
	if c.seen.ExitCode == nil {
		return c.seen.Reason
	}
	return strings.TrimSuffix(fmt.Sprintf("exit code %d, %s", *c.seen.ExitCode, c.seen.Reason), ", ")
}

// reachUntil returns when others stop waiting for a fact about the container, or zero. As in ECS,
// the container's own startTimeout counts from its start, and not for START. Without one, others
// wait as long as it takes.
func (c *container) reachUntil(is fact) structs.Time {
	limit := c.spec.Definition.StartTimeout
	if limit == nil || *limit <= 0 || c.startedAt == 0 || is == containerRan || is == containerTried {
		return 0
	}
	return c.startedAt + structs.Time(*limit)*1000
}
