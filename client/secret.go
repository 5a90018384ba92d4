package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/gantry-project/gantry/security/sigv4"
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

// CallSecrets carries out an action of the Secrets Manager API, and CallParameters one of the
// Systems Manager API. in and out have the members that AWS's do; a policy allows or refuses the
// call as it does for AWS's clients.
func (c *Client) CallSecrets(ctx context.Context, action string, in, out any) error {
	return c.aws(ctx, structs.ServiceSecretsManager, "secretsmanager."+action, in, out)
}

// CallParameters carries out an action of the Systems Manager API.
func (c *Client) CallParameters(ctx context.Context, action string, in, out any) error {
	return c.aws(ctx, structs.ServiceSSM, "AmazonSSM."+action, in, out)
}

// aws calls an AWS API in JSON.
func (c *Client) aws(ctx context.Context, service, target string, in, out any) error {
	content, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode the request of %s: %w", target, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address+"/", bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("make a request to %s: %w", c.address, err)
	}
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", target)
	key := c.key
	if c.token == "" && key.Token != "" {
		req.Header.Set("X-Amz-Security-Token", key.Token)
	}
	if c.token != "" {
		key.ID, key.Secret, _ = strings.Cut(c.token, ":")
	}
	if key.ID != "" {
		sigv4.Sign(req, content, key.ID, key.Secret, signRegion, service, c.now())
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return readAWSError(resp)
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("read the answer of %s: %w", target, err)
	}
	return nil
}

// readAWSError returns the error of a JSON API. Its kind is the code without "Exception".
func readAWSError(resp *http.Response) error {
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if json.Unmarshal(raw, &body) != nil || body.Type == "" {
		return structs.Errorf(structs.KindUnavailable, "the server answered %s: %s", resp.Status, raw)
	}
	return structs.Errorf(structs.Kind(strings.TrimSuffix(body.Type, "Exception")), "%s", body.Message)
}
