package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/gantry-project/gantry/structs"
)

// SaveSnapshot writes a snapshot of all the cluster's state. Its checksum, at the end, tells
// whether it is whole.
func (c *Client) SaveSnapshot(ctx context.Context, to io.Writer) error {
	resp, err := c.send(ctx, http.MethodGet, "/v1/snapshot", nil, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(to, resp.Body); err != nil {
		return fmt.Errorf("the snapshot broke off: %w", err)
	}
	return nil
}

// RestoreSnapshot puts a saved snapshot in place of all the cluster's state; without replace only
// where that is empty.
func (c *Client) RestoreSnapshot(ctx context.Context, from io.Reader, replace bool) (structs.SnapshotInfo, error) {
	var out structs.SnapshotInfo
	query := url.Values{}
	if replace {
		query.Set("replace", "true")
	}
	err := c.do(ctx, http.MethodPost, "/v1/snapshot", query, from, &out)
	return out, err
}
