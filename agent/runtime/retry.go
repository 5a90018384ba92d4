package runtime

import (
	"context"
	"errors"
	"log/slog"

	"github.com/gantry-project/gantry/agent/wait"
)

// Retry calls op until the engine answers, and returns nil or its *Error. Any other error means
// that the engine is away, and op is called again. If ctx ends, Retry returns its error. It calls
// op at least once.
func Retry(ctx context.Context, log *slog.Logger, op func() error) error {
	var b wait.Backoff
	for {
		err := op()
		if ctx.Err() != nil && err != nil {
			return ctx.Err()
		}
		if _, refused := errors.AsType[*Error](err); err == nil || refused {
			return err
		}
		log.Warn("the container engine does not answer; trying again", "error", err)
		if !b.Wait(ctx) {
			return ctx.Err()
		}
	}
}
