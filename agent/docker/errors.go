package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"

	"github.com/docker/docker/client"

	"github.com/gantry-project/gantry/agent/runtime"
)

// ECS's names for errors before a container runs.
const (
	cannotPull   = "CannotPullContainerError"
	cannotCreate = "CannotCreateContainerError"
	cannotStart  = "CannotStartContainerError"
)

// failure returns the error of a step that failed. It is a *runtime.Error in the engine's own words
// if the engine refused the step. It is another error if the caller's context has ended or the
// engine is away or is being stopped, because then the container is not to blame.
func failure(ctx context.Context, name string, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", name, context.Cause(ctx))
	case away(err), closing(err):
		return fmt.Errorf("%s: %w", name, err)
	}
	return &runtime.Error{Name: name, Reason: err.Error()}
}

// away reports whether a call did not reach the engine, or its answer broke off. Errors of a
// registry are in the engine's answer, and do not count.
func away(err error) bool {
	_, network := errors.AsType[*net.OpError](err)
	return network || client.IsErrConnectionFailed(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// closingWords are what an engine answers that is being stopped, and has closed its own files and
// its connection to containerd already. Every step would fail in it, those of replacements as well.
var closingWords = []string{
	"database not open", "transport is closing", "the client connection is closing", "failed to update store for object type", "daemon is shutting down",
}

// closing reports whether the engine answered as one does that is being stopped.
func closing(err error) bool {
	return slices.ContainsFunc(closingWords, func(words string) bool { return strings.Contains(err.Error(), words) })
}
