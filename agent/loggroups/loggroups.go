// Package loggroups makes the log groups exist that tasks write to with the log driver awslogs. It
// is a task.Resource of tasks for which one is missing: if a group may not be made, the task ends
// as it does on ECS.
package loggroups

import (
	"context"
	"errors"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/structs"
)

// Groups is the task.Resource. Ensure asks a server to make the log groups of a task exist; it
// fails with a *structs.Error if one does not exist and may not be made.
type Groups struct {
	Ensure func(ctx context.Context, task string) error
}

// Name implements task.Resource.
func (*Groups) Name() string { return "log groups" }

// Needs implements task.Resource. Nothing is asked for tasks whose groups existed when they were
// assigned.
func (*Groups) Needs(as structs.Assignment) bool { return as.MissingLogGroup }

// Prepare implements task.Resource.
func (g *Groups) Prepare(ctx context.Context, as structs.Assignment) (runtime.Shared, error) {
	err := g.Ensure(ctx, as.Task.ID)
	var refusal *structs.Error
	if errors.As(err, &refusal) && (refusal.Kind == structs.KindResourceNotFound || refusal.Kind == structs.KindInvalidParameter) {
		return runtime.Shared{}, &runtime.Error{Name: task.ResourceInitialization, Reason: refusal.Message}
	}
	return runtime.Shared{}, err
}

// Release implements task.Resource. Log groups stay.
func (*Groups) Release(context.Context, string) error { return nil }

// Sweep implements task.Resource.
func (*Groups) Sweep(context.Context, func(string) bool) error { return nil }
