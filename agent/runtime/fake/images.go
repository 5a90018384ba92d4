package fake

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
)

// An engine in memory keeps no images: each is pulled anew.

// InspectImage finds none.
func (r *Runtime) InspectImage(context.Context, string) (image runtime.Image, ok bool, err error) {
	return image, false, nil
}

// AskRegistry returns the digest of the image, if it has one.
func (r *Runtime) AskRegistry(ctx context.Context, name string, _ runtime.Login) (string, error) {
	image := r.engine.cfg.Image(name)
	if image.Digest == "" {
		return "", nil
	}
	return image.Digest, r.call(ctx, "Ask "+name, 0, nothing)
}

// PullImage makes progress all the time, and waits as the image specifies.
func (r *Runtime) PullImage(ctx context.Context, name string, _ runtime.Login, progress func(runtime.PullProgress)) error {
	image := r.engine.cfg.Image(name)
	for alive := 30 * time.Second; alive < image.PullDelay; alive += 30 * time.Second {
		defer time.AfterFunc(alive, func() { progress(runtime.PullProgress{}) }).Stop()
	}
	return r.call(ctx, "Pull "+name, image.PullDelay, func() error {
		return refusal("CannotPullContainerError", image.PullError)
	})
}

// TagImage does nothing.
func (r *Runtime) TagImage(context.Context, string, string) error { return nil }

// ListImages lists none.
func (r *Runtime) ListImages(context.Context) ([]runtime.Image, error) { return nil, nil }

// RemoveImage does nothing.
func (r *Runtime) RemoveImage(context.Context, string) error { return nil }
