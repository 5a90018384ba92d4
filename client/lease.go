package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// NextLease waits for an evaluation whose tasks a scheduler is to place. It returns nil if none
// came.
func (c *Client) NextLease(ctx context.Context, scheduler string, wait time.Duration) (*structs.Lease, error) {
	resp, err := c.send(ctx, http.MethodPost, leasePath(scheduler, "next"), url.Values{"wait": {wait.String()}}, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNoContent {
		return nil, nil
	}
	lease := &structs.Lease{}
	if err := json.NewDecoder(resp.Body).Decode(lease); err != nil {
		return nil, fmt.Errorf("read a lease: %w", err)
	}
	return lease, nil
}

// PlanLease says where tasks go.
func (c *Client) PlanLease(ctx context.Context, scheduler string, plan structs.LeasePlan) (structs.LeasePlanned, error) {
	var out structs.LeasePlanned
	err := c.do(ctx, http.MethodPost, leasePath(scheduler, "plan"), nil, plan, &out)
	return out, err
}

// AckLease ends a lease whose evaluation is decided.
func (c *Client) AckLease(ctx context.Context, scheduler, token string) error {
	return c.do(ctx, http.MethodPost, leasePath(scheduler, "ack"), nil, map[string]string{"token": token}, nil)
}

// NackLease gives a leased evaluation back.
func (c *Client) NackLease(ctx context.Context, scheduler, token string) error {
	return c.do(ctx, http.MethodPost, leasePath(scheduler, "nack"), nil, map[string]string{"token": token}, nil)
}

func leasePath(scheduler, verb string) string {
	return "/v1/schedulers/" + url.PathEscape(scheduler) + "/" + verb
}
