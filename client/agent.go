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
	sent := strconv.FormatInt(int64(structs.TimeOf(c.now())), 10)
	return c.do(ctx, http.MethodPost, "/v1/agent/report", url.Values{"instance": {instance}, "sent": {sent}}, updates, nil)
}

// ReportRuntime sends how an agent's container engine does; nil means that it is in the log.
func (c *Client) ReportRuntime(ctx context.Context, instance string, health structs.RuntimeHealth) error {
	return c.do(ctx, http.MethodPost, "/v1/agent/health", url.Values{"instance": {instance}}, health, nil)
}

// Enrol asks for the certificate of an instance's agent. It has a connection of its own: one that
// was opened without the certificate, or with an earlier one, would carry no later call.
func (c *Client) Enrol(ctx context.Context, instance string, in security.Enrolment) (security.Enrolled, error) {
	once := c.http.Transport.(*http.Transport).Clone()
	once.DisableKeepAlives = true
	if once.TLSClientConfig != nil {
		once.TLSClientConfig.ClientSessionCache = nil // nor may a later call go on with its session
	}
	alone := &Client{address: c.address, now: c.now, http: &http.Client{Transport: once}}
	var out security.Enrolled
	err := alone.do(ctx, http.MethodPost, "/v1/agent/certificate", url.Values{"instance": {instance}}, in, &out)
	return out, err
}

// Beat shows that an instance's agent is there, over the stream that was opened last, and gives the
// latest time at which the leader is known to have heard of it, by its server's answer: to an
// earlier beat than this where the server answers late. It fails when nothing is answered at all.
// One goroutine beats.
func (c *Client) Beat(ctx context.Context, _ string) (heard time.Time, err error) {
	s := c.stream.Load()
	if s == nil {
		return heard, structs.Errorf(structs.KindUnavailable, "no stream of assignments is open")
	}
	return s.beat(ctx)
}

// Assignments opens the stream of an instance's agent. It ends with ctx or Close. Beats go up on
// it, each of them a byte that comes back in a frame.
//
// The server waits until it knows the instance at the version that a registration was answered
// with, so that it tells nothing older.
func (c *Client) Assignments(ctx context.Context, instance string, version int64) (*AssignmentStream, error) {
	ctx, end := context.WithCancelCause(ctx)
	cancel := func() { end(nil) }
	// the transport's own clock waits for the end of the body, which has none
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

// openTimeout is how long a server may take to open a stream. Over a link that is cut no answer
// comes, and until the agent tries another server nobody hears it.
const openTimeout = 3 * time.Second

// errLate: a server did not begin to answer.
var errLate = structs.Errorf(structs.KindUnavailable, "the server took longer than %s to open the stream", openTimeout)

// AssignmentStream is an open stream of assignments. One goroutine reads it.
type AssignmentStream struct {
	body   io.ReadCloser
	lines  *json.Decoder
	cancel context.CancelFunc
	ended  <-chan struct{} // closed by cancel

	number byte           // of the newest beat; never zero
	sent   [256]time.Time // by number
	up     chan byte      // beats on their way
	heard  chan heardBeat // those that the server has heard. Capacity 1
}

// heardBeat is what a server says of a beat.
type heardBeat struct {
	number byte
	age    int64 // of AssignmentFrame
}

// before is how much earlier than the beat the leader is known to have heard of the agent.
func (h heardBeat) before() time.Duration { return time.Duration(h.age) * time.Millisecond }

// Next waits for the next frame; one without assignments that is not full only shows that the
// stream is alive.
func (s *AssignmentStream) Next() (structs.AssignmentFrame, error) {
	var frame structs.AssignmentFrame
	if err := s.lines.Decode(&frame); err != nil {
		return frame, fmt.Errorf("read the stream of assignments: %w", err)
	}
	if frame.Beat != 0 {
		select {
		case <-s.heard: // the one before it has not been looked at, and is of no account any more
		default:
		}
		s.heard <- heardBeat{frame.Beat, frame.Age}
	}
	frame.Restore()
	return frame, nil
}

// beat sends a beat and waits until it comes back, or in place of it an earlier one.
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

// beats is the body of the request that opened a stream: it goes on as long as the stream does.
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
