package link

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

// What agents ask servers on behalf of tasks.

// TaskTags asks any server for the tags of a task.
func (s *Servers) TaskTags(ctx context.Context, instance, task string) (out structs.TaskTags, err error) {
	err = s.call(ctx, func(ctx context.Context, c *client.Client) error {
		out, err = c.TaskTags(ctx, instance, task)
		return err
	})
	return out, err
}

// maxForwarded bounds the body of a call that is forwarded, which is held until a server has it.
const maxForwarded = 16 << 20

// Forward sends a call to any server. One that cannot be reached has not had it, so the next one
// gets it; after any other failure the caller decides.
func (s *Servers) Forward(r *http.Request) (out *http.Response, err error) {
	body, err := readAtMost(r.Body, maxForwarded)
	if err != nil {
		return nil, fmt.Errorf("read the call: %w", err)
	}
	err = structs.Errorf(structs.KindUnavailable, "no server is known yet")
	for _, address := range s.order() {
		again := r.Clone(r.Context())
		again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		out, err = s.client(address).Forward(again)
		if err == nil || !client.Unreached(err) || r.Context().Err() != nil {
			return out, err
		}
		s.avoid(address)
	}
	return nil, err
}

// readAtMost reads all, and fails if that is more than a number of bytes.
func readAtMost(r io.Reader, most int64) ([]byte, error) {
	if r == nil {
		return nil, nil
	}
	body, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(body)) > most {
		err = fmt.Errorf("it is larger than %d MiB", most>>20)
	}
	return body, err
}

// TaskSecrets asks any server for the secrets of a task.
func (s *Servers) TaskSecrets(
	ctx context.Context, instance string, in structs.TaskSecretsRequest,
) (out structs.TaskSecrets, err error) {
	err = s.call(ctx, func(ctx context.Context, c *client.Client) error {
		out, err = c.TaskSecrets(ctx, instance, in)
		return err
	})
	return out, err
}

// RoleCredentials asks any server for the keys of a role.
func (s *Servers) RoleCredentials(
	ctx context.Context, instance string, in structs.RoleCredentialsRequest,
) (out structs.RoleCredentials, err error) {
	err = s.call(ctx, func(ctx context.Context, c *client.Client) error {
		out, err = c.RoleCredentials(ctx, instance, in)
		return err
	})
	return out, err
}

// TaskFiles asks any server for the files of a task.
func (s *Servers) TaskFiles(ctx context.Context, instance, task string) (out structs.TaskFiles, err error) {
	err = s.call(ctx, func(ctx context.Context, c *client.Client) error {
		out, err = c.TaskFiles(ctx, instance, task)
		return err
	})
	return out, err
}

// EnsureLogGroups asks any server.
func (s *Servers) EnsureLogGroups(ctx context.Context, instance, task string) error {
	return s.call(ctx, func(ctx context.Context, c *client.Client) error {
		return c.EnsureLogGroups(ctx, instance, task)
	})
}

// LogGroupBegins asks any server.
func (s *Servers) LogGroupBegins(ctx context.Context, instance string, groups []string) (out map[string]structs.Time, err error) {
	err = s.call(ctx, func(ctx context.Context, c *client.Client) error {
		out, err = c.LogGroupBegins(ctx, instance, groups)
		return err
	})
	return out, err
}
