package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/docker/docker/client"

	"github.com/gantry-project/gantry/agent/runtime"
)

// ECS's names for what goes wrong before a container runs.
const (
	cannotPull   = "CannotPullContainerError"
	cannotCreate = "CannotCreateContainerError"
	cannotStart  = "CannotStartContainerError"
)

// failure makes the error of a step that the engine refused, in the engine's own words. Where the
// caller's context has ended, or the engine is away, it is not the container's fault, and the error
// is no runtime.Error.
func failure(ctx context.Context, name string, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", name, context.Cause(ctx))
	case away(err):
		return fmt.Errorf("%s: %w", name, err)
	}
	return &runtime.Error{Name: name, Reason: err.Error()}
}

// away says whether a call did not reach the engine or its answer broke off. What a registry does
// to the engine comes as the engine's answer, not as such an error.
func away(err error) bool {
	_, network := errors.AsType[*net.OpError](err)
	return network || client.IsErrConnectionFailed(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
