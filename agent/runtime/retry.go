package runtime

import (
	"context"
	"errors"
	"log/slog"

	"github.com/gantry-project/gantry/agent/wait"
)

// Retry does op until the engine answers, with success or with an *Error, which is returned. Any
// other error means that the engine is away, and op is done again. When ctx ends, its error is
// returned. Op is done at least once.
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
