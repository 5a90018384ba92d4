package docker

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/distribution/reference"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"

	"github.com/gantry-project/gantry/agent/runtime"
)

// AskRegistry returns the digest that the registry has under a name.
func (e *Engine) AskRegistry(ctx context.Context, name string, login runtime.Login) (digest string, err error) {
	ref, err := parse(name)
	if err != nil {
		return "", failure(ctx, cannotPull, err)
	}
	auth, err := encode(ref, login)
	if err != nil {
		return "", failure(ctx, cannotPull, err)
	}
	found, err := e.api.DistributionInspect(ctx, ref.String(), auth)
	if err != nil {
		return "", pullFailure(ctx, fmt.Errorf("ask for image %s: %w", ref, err), ref, login)
	}
	digest = found.Descriptor.Digest.String()
	e.registries.put(digest, true)
	return digest, nil
}

// PullImage pulls an image.
func (e *Engine) PullImage(ctx context.Context, name string, login runtime.Login, progress func(runtime.PullProgress)) error {
	ref, err := parse(name)
	if err != nil {
		return failure(ctx, cannotPull, err)
	}
	if err := e.pull(ctx, ref, login, progress); err != nil {
		return pullFailure(ctx, fmt.Errorf("pull image %s: %w", ref, err), ref, login)
	}
	return nil
}

func (e *Engine) pull(ctx context.Context, ref reference.Named, login runtime.Login, progress func(runtime.PullProgress)) error {
	auth, err := encode(ref, login)
	if err != nil {
		return err
	}
	messages, err := e.api.ImagePull(ctx, ref.String(), image.PullOptions{RegistryAuth: auth})
	if err != nil {
		return err
	}
	defer messages.Close()
	if err := readProgress(messages, progress); err != nil {
		return err
	}
	if pulled, err := e.api.ImageInspect(ctx, ref.String()); err == nil {
		// with containerd's image store the id is the manifest's digest; see digest
		e.registries.put(pulled.ID, true)
	}
	return nil
}

// parse returns the reference that a name in a definition means.
func parse(name string) (reference.Named, error) {
	ref, err := reference.ParseDockerRef(name)
	if err != nil {
		return nil, fmt.Errorf("image %q: %w", name, err)
	}
	return ref, nil
}

// encode returns a login as the engine wants it.
func encode(ref reference.Named, login runtime.Login) (string, error) {
	if login == (runtime.Login{}) {
		return "", nil
	}
	return registry.EncodeAuthConfig(registry.AuthConfig{
		Username: login.Username, Password: login.Password, IdentityToken: login.Token, ServerAddress: reference.Domain(ref),
	})
}

// pullMessage is one message of a pull.
type pullMessage struct {
	ID       string `json:"id"` // of a layer
	Status   string `json:"status"`
	Error    string `json:"error"`
	Progress struct {
		Current int64 `json:"current"`
		Total   int64 `json:"total"`
	} `json:"progressDetail"`
}

// readProgress reads the messages of a pull to their end. A failure is one of them.
func readProgress(r io.Reader, progress func(runtime.PullProgress)) error {
	layers := map[string]runtime.PullProgress{}
	for decoder := json.NewDecoder(r); ; {
		var message pullMessage
		err := decoder.Decode(&message)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read progress: %w", err)
		case message.Error != "":
			return errors.New(message.Error)
		}
		message.count(layers)
		var sum runtime.PullProgress
		for _, layer := range layers {
			sum.Done, sum.Total = sum.Done+layer.Done, sum.Total+layer.Total
		}
		progress(sum)
	}
}

// count adds what a message says to the progress of its layer.
func (m *pullMessage) count(layers map[string]runtime.PullProgress) {
	layer, known := layers[m.ID]
	switch m.Status {
	case "Downloading":
		layer.Done = m.Progress.Current
		layer.Total = cmp.Or(max(m.Progress.Total, 0), layer.Total)
	case "Verifying Checksum", "Download complete", "Pull complete":
		layer.Done = layer.Total
	default:
		return
	}
	if known || layer.Total > 0 {
		layers[m.ID] = layer
	}
}
