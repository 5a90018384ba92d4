package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gantry-project/gantry/structs"
)

// RotateSecretKey seals all secrets and parameters with a new key.
func (c *Client) RotateSecretKey(ctx context.Context) (out structs.VaultKeyRotation, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/secrets/rotate-key", nil, nil, &out)
	return out, err
}

// TaskSecrets returns the values that a task of an agent's instance starts with, or the login of a
// registry.
func (c *Client) TaskSecrets(ctx context.Context, instance string, in structs.TaskSecretsRequest) (out structs.TaskSecrets, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/agent/secrets", url.Values{"instance": {instance}}, in, &out)
	return out, err
}
