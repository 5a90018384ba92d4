package control

import (
	"context"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// RegisterTaskDefinition adds the next revision of a family. Missing fields get ECS's defaults
// first.
func (c *Control) RegisterTaskDefinition(ctx context.Context, def structs.TaskDefinition, tags []structs.Tag) (*structs.TaskDefinition, error) {
	if err := def.ValidateFor(c.config.Fargate); err != nil {
		return nil, err
	}
	def.Normalize()
	def.Compatibilities = def.CompatibleWith(c.config.Fargate)
	def.RegisteredAt, def.RegisteredBy = c.Now(), callerARN(ctx)
	applied, err := c.config.Log.Apply(ctx, structs.RegisterTaskDefinition{Definition: def, Tags: tags})
	if err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot().TaskDefinition(applied.Key), nil
}

// DeregisterTaskDefinition makes a revision (family:revision) INACTIVE. Its tasks go on, but no new
// ones start from it.
func (c *Control) DeregisterTaskDefinition(ctx context.Context, key string) (*structs.TaskDefinition, error) {
	cmd := structs.UpdateTaskDefinitions{Definitions: []string{key}, Status: structs.DefinitionInactive, At: c.Now()}
	if _, err := c.config.Log.Apply(ctx, cmd); err != nil {
		return nil, err
	}
	return c.config.Store.Snapshot().TaskDefinition(key), nil
}

// DefinitionFailure is a revision that could not be deleted, and ECS's reason.
type DefinitionFailure struct {
	Key    string // as the caller named it
	Reason string
}

// DeleteTaskDefinitions makes INACTIVE revisions DELETE_IN_PROGRESS. They are removed once no task
// refers to them.
func (c *Control) DeleteTaskDefinitions(ctx context.Context, keys []string) ([]*structs.TaskDefinition, []DefinitionFailure, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, nil, err
	}
	var deletable []string
	var failures []DefinitionFailure
	for _, key := range keys {
		if reason := undeletable(snap, key); reason != "" {
			failures = append(failures, DefinitionFailure{Key: key, Reason: reason})
		} else {
			deletable = append(deletable, key)
		}
	}
	if len(deletable) == 0 {
		return nil, failures, nil
	}
	cmd := structs.UpdateTaskDefinitions{Definitions: deletable, Status: structs.DefinitionDeleteInProgress, At: c.Now()}
	if _, err := c.config.Log.Apply(ctx, cmd); err != nil {
		return nil, nil, err
	}
	var deleted []*structs.TaskDefinition
	snap = c.config.Store.Snapshot()
	for _, key := range deletable {
		if d := snap.TaskDefinition(key); d != nil {
			deleted = append(deleted, d)
		}
	}
	return deleted, failures, nil
}

// undeletable returns ECS's reason why a revision cannot be deleted; empty if it can.
func undeletable(snap *state.Snapshot, key string) string {
	if _, _, ok := structs.SplitDefinitionKey(key); !ok {
		return "The specified task definition identifier is invalid. Specify a valid name or ARN and try again."
	}
	switch def := snap.TaskDefinition(key); {
	case def == nil:
		return "The specified task definition does not exist. Specify a valid account, family, revision and try again."
	case def.Status == structs.DefinitionActive:
		return "The specified task definition is still in ACTIVE status. Please deregister the target and try again."
	}
	return ""
}

// runnableDefinition resolves "family" (its newest ACTIVE revision) or "family:revision" to a
// revision that may be run.
func runnableDefinition(snap *state.Snapshot, name string) (*structs.TaskDefinition, error) {
	var def *structs.TaskDefinition
	if strings.Contains(name, ":") {
		def = snap.TaskDefinition(name)
	} else {
		def = snap.LatestTaskDefinition(name)
	}
	switch {
	case def == nil:
		return nil, structs.Errorf(structs.KindClient, "TaskDefinition not found.")
	case def.Status != structs.DefinitionActive:
		return nil, structs.ErrTaskDefinitionInactive()
	}
	return def, nil
}
