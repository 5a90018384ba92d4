// Package collector removes rows that ended long ago from state.
package collector

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

const (
	// interval is how often the leader looks for rows to remove.
	interval = time.Minute
	// limit is how many tasks and evaluations one log entry removes. That takes some milliseconds,
	// during which other entries wait.
	limit = 5000
)

// Config holds what a Collector needs. All fields are required.
type Config struct {
	Snapshot func() *state.Snapshot
	Apply    func(context.Context, structs.Command) (structs.Applied, error)
	Now      func() time.Time
	// Retention is how long rows are kept after they ended.
	Retention time.Duration
	Logger    *slog.Logger
}

// Collector is a part of what the leader runs.
type Collector struct{ config Config }

// New returns a collector that does nothing until Run.
func New(c Config) *Collector { return &Collector{c} }

// Run removes stopped tasks and the rows that belong to them once Retention has passed, and secrets
// once their recovery window has, until ctx ends.
func (c *Collector) Run(ctx context.Context) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			before := structs.TimeOf(c.config.Now().Add(-c.config.Retention))
			err := errors.Join(c.collect(ctx, before), c.removeSecrets(ctx))
			if err != nil && ctx.Err() == nil {
				c.config.Logger.Warn("could not forget what ended", "error", err)
			}
		}
	}
}

// removeSecrets removes the secrets whose recovery window has passed.
func (c *Collector) removeSecrets(ctx context.Context) error {
	now := structs.TimeOf(c.config.Now())
	var names []string
	for s := range c.config.Snapshot().Secrets() {
		if s.RemoveAt != 0 && s.RemoveAt <= now && len(names) < limit {
			names = append(names, s.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	_, err := c.config.Apply(ctx, structs.RemoveSecrets{Names: names, Before: now})
	return err
}

// collect removes rows that ended before a time, bit by bit.
func (c *Collector) collect(ctx context.Context, before structs.Time) error {
	for fsm.Collectable(c.config.Snapshot(), before) {
		if _, err := c.config.Apply(ctx, structs.Collect{Before: before, Limit: limit}); err != nil {
			return err
		}
	}
	return nil
}
