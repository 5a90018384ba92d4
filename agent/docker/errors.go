package docker

import (
	"context"
	"fmt"

	"github.com/gantry-project/gantry/structs"
)

// ECS's names for what goes wrong before a container runs.
const (
	cannotPull   = "CannotPullContainerError"
	cannotCreate = "CannotCreateContainerError"
	cannotStart  = "CannotStartContainerError"
)

// failure makes the error of a step that the engine refused, in the engine's own words. Where the caller's context has
// ended it is not the container's fault, and the error is the context's, not a structs.RuntimeError.
func failure(ctx context.Context, name string, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", name, context.Cause(ctx))
	}
	return &structs.RuntimeError{Name: name, Reason: err.Error()}
}
