package client

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/gantry-project/gantry/structs"
)

// Calls opens the connection over which servers call the agent of an instance. It needs HTTP/1.1,
// so a client with Config.Agent or without TLS. It ends with ctx.
func (c *Client) Calls(ctx context.Context, instance string) (io.ReadWriteCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address+"/v1/agent/calls?"+url.Values{"instance": {instance}}.Encode(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", structs.AgentCalls)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	conn, ok := resp.Body.(io.ReadWriteCloser)
	if resp.StatusCode != http.StatusSwitchingProtocols || !ok {
		defer resp.Body.Close()
		return nil, readError(resp)
	}
	return conn, nil
}
