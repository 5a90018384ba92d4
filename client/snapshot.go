package client

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/gantry-project/gantry/structs"
)

// SaveSnapshot writes a snapshot of the cluster's whole state to a writer. The checksum at its end
// shows whether it is complete.
func (c *Client) SaveSnapshot(ctx context.Context, to io.Writer) error {
	resp, err := c.send(ctx, http.MethodGet, "/v1/snapshot", nil, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(to, resp.Body); err != nil {
		return fmt.Errorf("the snapshot was cut off: %w", err)
	}
	return nil
}

// RestoreSnapshot replaces the cluster's whole state with a saved snapshot. Without replace it
// works only if the state is empty.
func (c *Client) RestoreSnapshot(ctx context.Context, from io.Reader, replace bool) (structs.SnapshotInfo, error) {
	var out structs.SnapshotInfo
	query := url.Values{}
	if replace {
		query.Set("replace", "true")
	}
	err := c.do(ctx, http.MethodPost, "/v1/snapshot", query, from, &out)
	return out, err
}
