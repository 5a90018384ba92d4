package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// Apply writes a command, for the verbs of packages below this one.
func (c *Control) Apply(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
	return c.config.Log.Apply(ctx, cmd)
}

// NewID returns a new id of 32 hex digits.
func (c *Control) NewID() string { return c.config.NewID() }
