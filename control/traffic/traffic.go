// Package traffic carries out what the cluster can be asked about load balancers, listeners, rules
// and target groups: one file for each noun. The errors are elbv2's.
package traffic

import (
	"context"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// Traffic carries out verbs. It is safe for concurrent use.
type Traffic struct {
	control *control.Control
}

// New returns a Traffic.
func New(c *control.Control) *Traffic { return &Traffic{control: c} }

// Read returns the state with every write that was acknowledged before the call.
func (t *Traffic) Read(ctx context.Context) (*state.Snapshot, error) { return t.control.Read(ctx) }

// Now returns the cluster's time.
func (t *Traffic) Now() structs.Time { return t.control.Now() }

// Tag sets tags on resources and keeps their others.
func (t *Traffic) Tag(ctx context.Context, tags []structs.Tag, resources ...structs.ResourceKey) error {
	for _, r := range resources {
		if err := t.control.Tag(ctx, r, tags); err != nil {
			return err
		}
	}
	return nil
}

// Untag removes tags of resources by key. Keys that do not exist are not an error.
func (t *Traffic) Untag(ctx context.Context, keys []string, resources ...structs.ResourceKey) error {
	for _, r := range resources {
		if err := t.control.Untag(ctx, r, keys); err != nil {
			return err
		}
	}
	return nil
}

// idDigits is how many hex digits the ids of elbv2's resources have.
const idDigits = 16

func (t *Traffic) newID() string {
	id := t.control.NewID()
	return id[len(id)-idDigits:]
}

// maxTries is how often a change is tried that meets changes by others.
const maxTries = 10

// retry calls try again while others change the same row.
func retry(try func() error) error {
	for tries := 1; ; tries++ {
		if err := try(); structs.KindOf(err) != structs.KindConflict || tries == maxTries {
			return err
		}
	}
}
