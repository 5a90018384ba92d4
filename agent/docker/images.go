package docker

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/image"

	"github.com/gantry-project/gantry/agent/runtime"
)

// InspectImage returns an image by its name, as it is written in a definition.
func (e *Engine) InspectImage(ctx context.Context, name string) (runtime.Image, bool, error) {
	found, err := e.api.ImageInspect(ctx, name)
	if errdefs.IsNotFound(err) {
		return runtime.Image{}, false, nil
	}
	if err != nil {
		return runtime.Image{}, false, failure(ctx, cannotPull, fmt.Errorf("image %q: %w", name, err))
	}
	return runtime.Image{ID: found.ID, Tags: found.RepoTags, Digests: found.RepoDigests}, true, nil
}

// TagImage gives an image another name.
func (e *Engine) TagImage(ctx context.Context, name, tag string) error {
	return e.api.ImageTag(ctx, name, tag)
}

// ListImages lists all images, with those that containers of anyone use.
func (e *Engine) ListImages(ctx context.Context) ([]runtime.Image, error) {
	images, err := e.api.ImageList(ctx, image.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	// after the images: a container that is created in between uses one of them
	containers, err := e.api.ContainerList(ctx, container.ListOptions{All: true})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	used := map[string]bool{}
	for _, c := range containers {
		used[c.ImageID] = true
	}
	list := make([]runtime.Image, len(images))
	for i, found := range images {
		list[i] = runtime.Image{ID: found.ID, Tags: named(found.RepoTags), Digests: named(found.RepoDigests), InUse: used[found.ID]}
	}
	return list, nil
}

// named leaves out the names of images that have none: engine 20.10 lists such an image as
// <none>:<none>.
func named(names []string) (list []string) {
	for _, name := range names {
		if _, err := parse(name); err == nil {
			list = append(list, name)
		}
	}
	return list
}

// RemoveImage removes a name of an image.
func (e *Engine) RemoveImage(ctx context.Context, name string) error {
	_, err := e.api.ImageRemove(ctx, name, image.RemoveOptions{PruneChildren: true})
	if errdefs.IsNotFound(err) {
		return nil
	}
	return err
}
