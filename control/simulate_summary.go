package control

import (
	"fmt"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// summary returns the outcome of a scenario in one sentence: "losing zone a: 40 tasks move, 12 find
// no room and need 6144 MiB of memory; closest: 512 MiB more memory on container instance … in zone
// b".
func summary(what string, s *structs.Simulation) string {
	t := &s.Total
	var parts []string
	add := func(n int, format string, args ...any) {
		if n > 0 {
			parts = append(parts, structs.Counted(n, "task")+" "+fmt.Sprintf(format, args...))
		}
	}
	verb := func(n int, one, many string) string {
		if n == 1 {
			return one
		}
		return many
	}
	add(t.Moved, "%s", verb(t.Moved, "moves", "move"))
	add(t.Started-t.Moved, "%s", verb(t.Started-t.Moved, "starts", "start"))
	// and nothing replaces them
	ended := t.Stopped - t.Moved - max(0, t.Unplaced-t.UnplacedBefore)
	add(ended, "%s", verb(ended, "stops", "stop"))
	add(t.Unplaced, "%s no room%s%s", verb(t.Unplaced, "finds", "find"), lacking(t), before(t))
	if len(parts) == 0 {
		parts = []string{"nothing moves, and every task has a place"}
	}
	text := what + ": " + strings.Join(parts, ", ")
	if remedy := firstRemedy(s); remedy != "" {
		text += "; it would take " + remedy
	}
	if s.Cut != "" {
		text += " (" + s.Cut + ")"
	}
	return text
}

func lacking(t *structs.SimulatedTasks) string {
	var amounts []string
	if t.Lacking.Memory > 0 {
		amounts = append(amounts, fmt.Sprintf("%d MiB of memory", t.Lacking.Memory))
	}
	if t.Lacking.CPU > 0 {
		amounts = append(amounts, fmt.Sprintf("%d CPU units", t.Lacking.CPU))
	}
	if t.Lacking.GPUs > 0 {
		amounts = append(amounts, structs.Counted(t.Lacking.GPUs, "GPU"))
	}
	if len(amounts) == 0 {
		return ""
	}
	return " (" + strings.Join(amounts, " and ") + " in all)"
}

// before returns how many of the tasks that find no room have none today.
func before(t *structs.SimulatedTasks) string {
	if t.UnplacedBefore == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d have none today)", t.UnplacedBefore)
}

// firstRemedy returns the remedy of the first job that lacks a task. If there are several, each has
// its own in the list of jobs.
func firstRemedy(s *structs.Simulation) string {
	for _, j := range s.Jobs {
		if j.Unplaced > 0 && j.Remedy != "" {
			return j.Remedy + " to start one more of " + j.Title()
		}
	}
	return ""
}
