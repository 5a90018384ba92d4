package agent

import (
	"cmp"
	"context"
	"slices"

	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/structs"
)

// report hands an update of a task to the servers, and to the resources that want to know.
func (a *Agent) report(update structs.TaskUpdate) {
	for _, r := range a.tasks.Resources {
		if informed, ok := r.(task.Informed); ok {
			informed.Reported(update)
		}
	}
	a.link.Report(update)
}

// withOffered adds the attributes that resources offer to those of the instance, sorted by name.
func (a *Agent) withOffered(ctx context.Context, list []structs.Attribute) []structs.Attribute {
	for _, r := range a.tasks.Resources {
		if offering, ok := r.(task.Offering); ok {
			list = append(list, offering.Attributes(ctx)...)
		}
	}
	slices.SortFunc(list, func(x, y structs.Attribute) int { return cmp.Compare(x.Name, y.Name) })
	return list
}
