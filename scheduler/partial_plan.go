package scheduler

import (
	"fmt"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// startedText occurs in events about started tasks, and in no others.
const startedText = "has started "

// Part returns a plan with only some of its placements, and all its other changes. The verdict was
// on the whole plan, so the evaluation stays ready, and the plan for the rest decides when to look
// again.
func Part(plan *structs.Plan, fitting []structs.Placement) *structs.Plan {
	part := *plan
	part.Placements = fitting
	part.Status, part.Unplaced, part.Failures, part.Filtered, part.Remedy = structs.EvaluationReady, 0, nil, nil, ""
	part.FollowUp = nil
	part.Events = nil
	for _, e := range plan.Events {
		if subject, _, started := strings.Cut(e.Message, startedText); started {
			if len(fitting) == 0 {
				continue
			}
			e.Message = subject + startedMessage(fitting)
		}
		part.Events = append(part.Events, e)
	}
	return &part
}

// startedMessage returns the text of the event about started tasks, without its subject.
func startedMessage(placements []structs.Placement) string {
	tasks := list(len(placements), func(i int) string { return placements[i].Task })
	return fmt.Sprintf("%s%d tasks: %s.", startedText, len(placements), tasks)
}
