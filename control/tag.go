package control

import (
	"context"

	"github.com/gantry-project/gantry/structs"
)

// Tag sets tags on a resource, beside those it has; a key that is there takes the new value.
func (c *Control) Tag(ctx context.Context, resource structs.ResourceKey, tags []structs.Tag) error {
	_, err := c.config.Log.Apply(ctx, structs.TagCommand{Resource: resource, Tags: tags})
	return err
}

// Untag removes tags by key; keys that are not there are no error.
func (c *Control) Untag(ctx context.Context, resource structs.ResourceKey, keys []string) error {
	_, err := c.config.Log.Apply(ctx, structs.UntagCommand{Resource: resource, Keys: keys})
	return err
}
