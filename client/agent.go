package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// Register adds or renews a container instance.
func (c *Client) Register(ctx context.Context, in structs.ContainerInstance) (structs.ContainerInstance, error) {
	var out structs.ContainerInstance
	err := c.do(ctx, http.MethodPost, "/v1/agent/register", nil, in, &out)
	return out, err
}

// Report sends what an agent saw, and what time it is there; nil means that it is in the log.
func (c *Client) Report(ctx context.Context, instance string, updates []structs.TaskUpdate) error {
	sent := strconv.FormatInt(int64(structs.TimeOf(time.Now())), 10)
	return c.do(ctx, http.MethodPost, "/v1/agent/report", url.Values{"instance": {instance}, "sent": {sent}}, updates, nil)
}

// Enrol asks for the certificate of an instance's agent. It has a connection of its own: one that was opened without the certificate, or
// with an earlier one, would carry no later call.
func (c *Client) Enrol(ctx context.Context, instance string, in security.Enrolment) (security.Enrolled, error) {
	once := c.http.Transport.(*http.Transport).Clone()
	once.DisableKeepAlives = true
	alone := *c
	alone.http = &http.Client{Transport: once}
	var out security.Enrolled
	err := alone.do(ctx, http.MethodPost, "/v1/agent/certificate", url.Values{"instance": {instance}}, in, &out)
	return out, err
}

// Beat shows that an instance's agent is there. Its stream is open at the same server.
func (c *Client) Beat(ctx context.Context, instance string) error {
	return c.do(ctx, http.MethodPost, "/v1/agent/beat", url.Values{"instance": {instance}}, nil, nil)
}

// Assignments opens the stream of an instance's agent. It ends with ctx or Close. A server sends a
// frame every 5 s at least, empty ones too; silence is the reader's to notice.
//
// The server waits until it knows the instance at the version that a registration was answered with, so that it tells nothing older.
func (c *Client) Assignments(ctx context.Context, instance string, version int64) (*AssignmentStream, error) {
	ctx, cancel := context.WithCancel(ctx)
	resp, err := c.send(ctx, http.MethodGet, "/v1/agent/stream", url.Values{"instance": {instance}, "version": {strconv.FormatInt(version, 10)}}, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	return &AssignmentStream{body: resp.Body, lines: json.NewDecoder(resp.Body), cancel: cancel}, nil
}

// AssignmentStream is an open stream of assignments. One goroutine reads it.
type AssignmentStream struct {
	body   io.ReadCloser
	lines  *json.Decoder
	cancel context.CancelFunc
}

// Next waits for the next frame; an empty one only shows that the stream is alive.
func (s *AssignmentStream) Next() (structs.AssignmentFrame, error) {
	var frame structs.AssignmentFrame
	if err := s.lines.Decode(&frame); err != nil {
		return frame, fmt.Errorf("read the stream of assignments: %w", err)
	}
	return frame, nil
}

// Close ends the stream.
func (s *AssignmentStream) Close() error {
	s.cancel()
	return s.body.Close()
}
