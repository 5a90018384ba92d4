package control

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// MaxLeaseWait is how long at most a call waits for an evaluation to lease.
const MaxLeaseWait = time.Minute

// Leases lends evaluations to external schedulers. Calls about a lease that has ended fail with
// KindConflict. All leases end with the server's leadership.
type Leases interface {
	// NextLease waits for an evaluation of a scheduler's jobs that has tasks to place. It returns
	// nil if none comes before ctx ends.
	NextLease(ctx context.Context, scheduler string) (*structs.Lease, error)
	PlanLease(ctx context.Context, scheduler string, plan structs.LeasePlan) (*structs.LeasePlanned, error)
	// AckLease ends a lease whose evaluation is decided; NackLease gives the evaluation back.
	AckLease(ctx context.Context, scheduler, token string) error
	NackLease(ctx context.Context, scheduler, token string) error
}

// NextLease waits for an evaluation whose tasks a scheduler should place. It returns nil if none
// comes.
func (c *Control) NextLease(ctx context.Context, scheduler string, wait time.Duration) (*structs.Lease, error) {
	if err := structs.ValidateScheduler(scheduler); err != nil {
		return nil, err
	}
	if wait < 0 || wait > MaxLeaseWait {
		return nil, structs.Errorf(structs.KindInvalidParameter, "wait: must be from 0s to %s, not %s", MaxLeaseWait, wait)
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return c.config.Leases.NextLease(ctx, scheduler)
}

// PlanLease submits where the tasks of a leased evaluation go.
func (c *Control) PlanLease(ctx context.Context, scheduler string, plan structs.LeasePlan) (*structs.LeasePlanned, error) {
	return c.config.Leases.PlanLease(ctx, scheduler, plan)
}

// AckLease ends a lease whose evaluation is decided.
func (c *Control) AckLease(ctx context.Context, scheduler, token string) error {
	return c.config.Leases.AckLease(ctx, scheduler, token)
}

// NackLease gives a leased evaluation back.
func (c *Control) NackLease(ctx context.Context, scheduler, token string) error {
	return c.config.Leases.NackLease(ctx, scheduler, token)
}
