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

// Report sends what an agent saw, with the agent's time. If it returns nil, the report is in the
// log.
func (c *Client) Report(ctx context.Context, instance string, updates []structs.TaskUpdate) error {
	sent := strconv.FormatInt(int64(structs.TimeOf(c.now())), 10)
	return c.do(ctx, http.MethodPost, "/v1/agent/report", url.Values{"instance": {instance}, "sent": {sent}}, updates, nil)
}

// ReportRuntime sends the health of an agent's container engine. If it returns nil, the report is
// in the log.
func (c *Client) ReportRuntime(ctx context.Context, instance string, health structs.RuntimeHealth) error {
	return c.do(ctx, http.MethodPost, "/v1/agent/health", url.Values{"instance": {instance}}, health, nil)
}

// PinImages proposes the digests of images of a deployment, and returns those that hold.
func (c *Client) PinImages(ctx context.Context, instance, deployment string, images []structs.PinnedImage) (out []structs.PinnedImage, err error) {
	query := url.Values{"instance": {instance}, "deployment": {deployment}}
	err = c.do(ctx, http.MethodPost, "/v1/agent/images", query, images, &out)
	return out, err
}

// EnsureLogGroups makes the log groups exist that a task of an instance writes to, or fails if one
// does not exist and may not be made.
func (c *Client) EnsureLogGroups(ctx context.Context, instance, task string) error {
	return c.do(ctx, http.MethodPost, "/v1/agent/log-groups", url.Values{"instance": {instance}}, structs.EnsureLogGroups{Task: task}, nil)
}

// LogGroupBegins returns, for those of the log groups that exist, from when on their events are
// kept.
func (c *Client) LogGroupBegins(ctx context.Context, instance string, groups []string) (out map[string]structs.Time, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/agent/log-groups/begins", url.Values{"instance": {instance}}, groups, &out)
	return out, err
}

// RoleCredentials returns temporary keys of a role of a task on an agent's instance. An error of
// KindAccessDenied says why the task cannot have the role; asking again does not change that.
func (c *Client) RoleCredentials(ctx context.Context, instance string, in structs.RoleCredentialsRequest) (out structs.RoleCredentials, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/agent/credentials", url.Values{"instance": {instance}}, in, &out)
	return out, err
}

// TaskFiles returns what a task of an instance gets out of files.
func (c *Client) TaskFiles(ctx context.Context, instance, task string) (out structs.TaskFiles, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/agent/files", url.Values{"instance": {instance}, "task": {task}}, nil, &out)
	return out, err
}

// Enrol asks for the certificate of an instance's agent. It uses a connection of its own: a
// connection opened without the certificate, or with an older one, must not carry later calls.
func (c *Client) Enrol(ctx context.Context, instance string, in security.Enrolment) (security.Enrolled, error) {
	once := c.http.Transport.(*http.Transport).Clone()
	once.DisableKeepAlives = true
	if once.TLSClientConfig != nil {
		once.TLSClientConfig.ClientSessionCache = nil // a later call must not resume its session
	}
	alone := &Client{address: c.address, now: c.now, http: &http.Client{Transport: once}}
	var out security.Enrolled
	err := alone.do(ctx, http.MethodPost, "/v1/agent/certificate", url.Values{"instance": {instance}}, in, &out)
	return out, err
}

// Beat shows over the newest stream that an instance's agent is alive. It returns the latest time
// at which the leader is known to have heard of the agent. If the server is slow, that may come
// from the answer to an earlier beat. It fails if nothing is answered at all. Only one goroutine
// may beat.
func (c *Client) Beat(ctx context.Context, _ string) (heard time.Time, err error) {
	s := c.stream.Load()
	if s == nil {
		return heard, structs.Errorf(structs.KindUnavailable, "no stream of assignments is open")
	}
	return s.beat(ctx)
}

// Assignments opens the stream of an instance's agent. It ends with ctx or Close. Beats go up on
// it, one byte each, and come back in frames.
//
// The server waits until it knows the instance at the given version, which the answer to a
// registration has, so that it sends nothing older.
func (c *Client) Assignments(ctx context.Context, instance string, version int64) (*AssignmentStream, error) {
	ctx, end := context.WithCancelCause(ctx)
	cancel := func() { end(nil) }
	// the transport's timeout starts at the end of the body, which never comes
	late := time.AfterFunc(openTimeout, func() { end(errLate) })
	defer late.Stop()
	s := &AssignmentStream{cancel: cancel, ended: ctx.Done(), up: make(chan byte), heard: make(chan heardBeat, 1)}
	resp, err := c.send(ctx, http.MethodPost, "/v1/agent/stream", url.Values{
		"instance": {instance}, "version": {strconv.FormatInt(version, 10)},
	}, io.Reader(beats{s}))
	if err != nil {
		cancel()
		return nil, err
	}
	s.body, s.lines = resp.Body, json.NewDecoder(resp.Body)
	c.stream.Store(s)
	return s, nil
}

// openTimeout bounds how long a server may take to open a stream. Over a broken link no answer
// comes, and the agent is silent until it tries another server.
const openTimeout = 3 * time.Second

// errLate: a server did not begin to answer in time.
var errLate = structs.Errorf(structs.KindUnavailable, "the server took longer than %s to open the stream", openTimeout)

// AssignmentStream is an open stream of assignments. One goroutine reads it.
type AssignmentStream struct {
	body   io.ReadCloser
	lines  *json.Decoder
	cancel context.CancelFunc
	ended  <-chan struct{} // closed by cancel

	number byte           // of the newest beat; never zero
	sent   [256]time.Time // by number
	up     chan byte      // beats to be sent
	heard  chan heardBeat // beats that the server has heard; capacity 1
}

// heardBeat is a server's answer to a beat.
type heardBeat struct {
	number byte
	age    int64 // of AssignmentFrame
}

// before returns how long before the beat the leader is known to have heard of the agent.
func (h heardBeat) before() time.Duration { return time.Duration(h.age) * time.Millisecond }

// Next waits for the next frame. One that has no assignments and is not full only shows that the
// stream is alive.
func (s *AssignmentStream) Next() (structs.AssignmentFrame, error) {
	var frame structs.AssignmentFrame
	if err := s.lines.Decode(&frame); err != nil {
		return frame, fmt.Errorf("read the stream of assignments: %w", err)
	}
	if frame.Beat != 0 {
		select {
		case <-s.heard: // nobody has read the one before, which no longer matters
		default:
		}
		s.heard <- heardBeat{frame.Beat, frame.Age}
	}
	frame.Restore()
	return frame, nil
}

// beat sends a beat and waits until it, or at the deadline an earlier one, has come back.
func (s *AssignmentStream) beat(ctx context.Context) (heard time.Time, err error) {
	if s.number++; s.number == 0 {
		s.number = 1
	}
	s.sent[s.number] = time.Now()
	up := s.up
	for {
		select {
		case up <- s.number:
			up = nil
		case one := <-s.heard:
			if heard = s.sent[one.number].Add(-one.before()); one.number == s.number {
				return heard, nil
			}
		case <-ctx.Done():
			if heard.IsZero() {
				err = fmt.Errorf("the server has not answered the agent's beat: %w", ctx.Err())
			}
			return heard, err
		case <-s.ended:
			return heard, structs.Errorf(structs.KindUnavailable, "the stream of assignments has ended")
		}
	}
}

// Close ends the stream.
func (s *AssignmentStream) Close() error {
	s.cancel()
	return s.body.Close()
}

// beats is the body of the request that opened a stream. It lasts as long as the stream.
type beats struct{ stream *AssignmentStream }

func (b beats) Read(into []byte) (int, error) {
	select {
	case number := <-b.stream.up:
		into[0] = number
		return 1, nil
	case <-b.stream.ended:
		return 0, io.EOF
	}
}
