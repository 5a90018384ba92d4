package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gantry-project/gantry/structs"
)

// Bootstrap creates the first access key. It works once.
func (c *Client) Bootstrap(ctx context.Context) (structs.NewAccessKey, error) {
	var out structs.NewAccessKey
	err := c.do(ctx, http.MethodPost, "/v1/bootstrap", nil, nil, &out)
	return out, err
}

// CreateAccessKey creates an access key. Its secret is shown here and never again.
func (c *Client) CreateAccessKey(ctx context.Context, in structs.AccessKeyRequest) (structs.NewAccessKey, error) {
	var out structs.NewAccessKey
	err := c.do(ctx, http.MethodPost, "/v1/keys", nil, in, &out)
	return out, err
}

// AccessKeys lists the access keys.
func (c *Client) AccessKeys(ctx context.Context) (structs.AccessKeyList, error) {
	var out structs.AccessKeyList
	err := c.do(ctx, http.MethodGet, "/v1/keys", nil, nil, &out)
	return out, err
}

// RevokeAccessKey revokes an access key.
func (c *Client) RevokeAccessKey(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, "/v1/keys/"+url.PathEscape(id), nil, nil, nil)
}
