package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gantry-project/gantry/structs"
)

const rolesPath = "/v1/roles"

// PutRole makes a role, or changes it.
func (c *Client) PutRole(ctx context.Context, name string, spec structs.RoleSpec) (structs.Role, error) {
	var out structs.Role
	err := c.do(ctx, http.MethodPut, rolesPath+"/"+url.PathEscape(name), nil, spec, &out)
	return out, err
}

// Roles lists the roles.
func (c *Client) Roles(ctx context.Context) (structs.RoleList, error) {
	var out structs.RoleList
	err := c.do(ctx, http.MethodGet, rolesPath, nil, nil, &out)
	return out, err
}

// Role returns a role.
func (c *Client) Role(ctx context.Context, name string) (structs.Role, error) {
	var out structs.Role
	err := c.do(ctx, http.MethodGet, rolesPath+"/"+url.PathEscape(name), nil, nil, &out)
	return out, err
}

// DeleteRole removes a role with its policies.
func (c *Client) DeleteRole(ctx context.Context, name string) error {
	return c.do(ctx, http.MethodDelete, rolesPath+"/"+url.PathEscape(name), nil, nil, nil)
}

// AssumeRole returns temporary keys of the role that the request names.
func (c *Client) AssumeRole(ctx context.Context, in structs.AssumeRoleRequest) (structs.RoleCredentials, error) {
	var out structs.RoleCredentials
	err := c.do(ctx, http.MethodPost, rolesPath+"/"+url.PathEscape(in.Role)+"/assume", nil, in, &out)
	return out, err
}
