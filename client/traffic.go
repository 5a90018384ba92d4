package client

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// Traffic opens an instance's stream of traffic. It ends with ctx or Close.
func (c *Client) Traffic(ctx context.Context, instance string) (*TrafficStream, error) {
	ctx, end := context.WithCancelCause(ctx)
	cancel := func() { end(nil) }
	late := time.AfterFunc(openTimeout, func() { end(errLate) })
	defer late.Stop()
	resp, err := c.send(ctx, http.MethodPost, "/v1/agent/traffic", url.Values{"instance": {instance}}, nil)
	if err != nil {
		cancel()
		return nil, err
	}
	return &TrafficStream{body: resp.Body, lines: json.NewDecoder(resp.Body), cancel: cancel}, nil
}

// TrafficStream is an open stream of traffic. One goroutine reads it.
type TrafficStream struct {
	body   io.ReadCloser
	lines  *json.Decoder
	cancel context.CancelFunc
}

// Next waits for the next frame.
func (s *TrafficStream) Next() (frame structs.TrafficFrame, err error) {
	if err = s.lines.Decode(&frame); err != nil {
		err = fmt.Errorf("read the stream of traffic: %w", err)
	}
	return frame, err
}

// Close ends the stream. It may be called at any time, from any goroutine and more than once.
func (s *TrafficStream) Close() error {
	s.cancel()
	return s.body.Close()
}

// ReportTargets sends what an ingress instance saw of targets that it checks. Nil means that it is
// in the log.
func (c *Client) ReportTargets(ctx context.Context, instance string, reports []structs.TargetReport) error {
	return c.do(ctx, http.MethodPost, "/v1/agent/targets", url.Values{"instance": {instance}}, reports, nil)
}

// ReportDrains tells the leader which draining targets an ingress instance still has open requests
// on.
func (c *Client) ReportDrains(ctx context.Context, instance string, report structs.DrainReport) error {
	return c.do(ctx, http.MethodPost, "/v1/agent/drains", url.Values{"instance": {instance}}, report, nil)
}
