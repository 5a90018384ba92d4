package docker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
)

// PullImage makes an image present. An image that the engine has under that reference is not pulled
// again, so an instance that cannot reach a registry runs the image it has. (The ECS agent's
// default is to pull every time, and to fall back on the present image. Here a moved tag reaches
// only instances that do not have it yet.)
//
// Calls for the same image at the same time share one pull.
func (e *Engine) PullImage(ctx context.Context, name string) error {
	ref, err := reference.ParseDockerRef(name)
	if err != nil {
		return failure(ctx, cannotPull, fmt.Errorf("image %q: %w", name, err))
	}
	err = e.pulls.do(ctx, name, func(ctx context.Context) error { return e.pull(ctx, name, ref) })
	if err != nil {
		return failure(ctx, cannotPull, fmt.Errorf("pull image %s: %w", ref, err))
	}
	return nil
}

func (e *Engine) pull(ctx context.Context, name string, ref reference.Named) error {
	// Inspect the name as written, which is also what CreateContainer uses.
	_, err := e.api.ImageInspect(ctx, name)
	if !errdefs.IsNotFound(err) {
		return err
	}
	progress, err := e.api.ImagePull(ctx, ref.String(), image.PullOptions{})
	if err != nil {
		return err
	}
	defer progress.Close()
	if err := readProgress(progress); err != nil {
		return err
	}
	if pulled, err := e.api.ImageInspect(ctx, name); err == nil {
		// with containerd's image store the id is the manifest's digest; see digest
		e.registries.put(pulled.ID, true)
	}
	return nil
}

// readProgress reads the messages of a pull to their end. A failure is one of them.
func readProgress(r io.Reader) error {
	for decoder := json.NewDecoder(r); ; {
		var message struct {
			Error string `json:"error"`
		}
		err := decoder.Decode(&message)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read progress: %w", err)
		case message.Error != "":
			return errors.New(message.Error)
		}
	}
}
