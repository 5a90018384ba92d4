package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// Tag sets tags on a resource and keeps its others. A key that exists gets the new value.
func (c *Control) Tag(ctx context.Context, resource structs.ResourceKey, tags []structs.Tag) error {
	_, err := c.config.Log.Apply(ctx, structs.TagCommand{Resource: resource, Tags: tags})
	return err
}

// Untag removes tags by key. Keys that do not exist are not an error.
func (c *Control) Untag(ctx context.Context, resource structs.ResourceKey, keys []string) error {
	_, err := c.config.Log.Apply(ctx, structs.UntagCommand{Resource: resource, Keys: keys})
	return err
}
