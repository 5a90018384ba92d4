package client

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gantry-project/gantry/structs"
)

const volumesPath = "/v1/volumes"

// MapVolume says where the files of a file system or an access point are.
func (c *Client) MapVolume(ctx context.Context, m structs.VolumeMapping) (structs.VolumeMapping, error) {
	var out structs.VolumeMapping
	err := c.do(ctx, http.MethodPut, volumesPath+"/"+url.PathEscape(m.ID), nil, m, &out)
	return out, err
}

// VolumeMappings lists the mappings.
func (c *Client) VolumeMappings(ctx context.Context) (structs.VolumeMappingList, error) {
	var out structs.VolumeMappingList
	err := c.do(ctx, http.MethodGet, volumesPath, nil, nil, &out)
	return out, err
}

// VolumeMapping returns the mapping of a file system or an access point.
func (c *Client) VolumeMapping(ctx context.Context, id string) (structs.VolumeMapping, error) {
	var out structs.VolumeMapping
	err := c.do(ctx, http.MethodGet, volumesPath+"/"+url.PathEscape(id), nil, nil, &out)
	return out, err
}

// UnmapVolume removes a mapping.
func (c *Client) UnmapVolume(ctx context.Context, id string) error {
	return c.do(ctx, http.MethodDelete, volumesPath+"/"+url.PathEscape(id), nil, nil, nil)
}
