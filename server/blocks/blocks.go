// Package blocks keeps the blocks of addresses of container instances in order. An instance gets
// its block when it registers. This part of what the leader runs mends what that leaves: instances
// that found no free block, share one with another instance, or have one outside the servers'
// range.
package blocks

import (
	"context"
	"log/slog"
	"time"

	"github.com/gantry-project/gantry/fsm"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

const (
	// interval is how often the leader looks. Nothing waits for it but instances that already wait
	// for a block.
	interval = 5 * time.Second
	// limit is how many instances one log entry changes.
	limit = 500
)

// Config holds what a Keeper needs. All fields are required.
type Config struct {
	Snapshot    func() *state.Snapshot
	Apply       func(context.Context, structs.Command) (structs.Applied, error)
	Now         func() structs.Time
	TaskNetwork structs.TaskNetwork
	Logger      *slog.Logger
}

// Keeper is a part of what the leader runs.
type Keeper struct{ config Config }

// New returns a keeper that does nothing until Run.
func New(c Config) *Keeper { return &Keeper{c} }

// Run mends blocks until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if err := k.mend(ctx); err != nil && ctx.Err() == nil {
			k.config.Logger.Warn("could not give instances blocks of addresses", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// mend gives instances the networks that they should have.
func (k *Keeper) mend(ctx context.Context) error {
	wrong := k.wrong()
	if len(wrong) == 0 {
		return nil
	}
	k.config.Logger.Info("giving instances blocks of addresses", "instances", len(wrong), "range", k.config.TaskNetwork.Range)
	_, err := k.config.Apply(ctx, structs.AssignBlocks{Instances: wrong, TaskNetwork: k.config.TaskNetwork, At: k.config.Now()})
	return err
}

// wrong returns instances whose networks are not as they should be.
func (k *Keeper) wrong() (ids []string) {
	snap := k.config.Snapshot()
	full := "" // the problem of instances without a block, once one is known to get none
	for i := range snap.AllInstances() {
		has := i.Network
		if !has.Asks && has.Block == "" || full != "" && has.Block == "" && has.Problem == full {
			continue
		}
		should := fsm.NetworkOf(snap, i, "", k.config.TaskNetwork)
		if should.Asks && should.Block == "" {
			full = should.Problem
		}
		if should != has {
			ids = append(ids, i.ID)
		}
		if len(ids) == limit {
			break
		}
	}
	return ids
}
