// Package client is the Go client of the native API, for the agent, the command line and end-to-end
// tests.
package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/security/sigv4"
	"github.com/gantry-project/gantry/structs"
)

// Config is what a Client needs.
type Config struct {
	// Address is the server's, such as http://host:port. Required.
	Address string
	// Dial opens a connection to the server. Nil: over TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is for https addresses. Nil: the system's settings.
	TLS *tls.Config
	// Token is an access key to show to the server, as ID:SECRET. Empty: Key is used, if there is
	// one.
	Token string
	// Key is an access key to sign with.
	Key Key
	// Agent marks the client of an agent. It beats on its stream, so it knows at any time whether
	// the server answers.
	Agent bool
	// Now returns the time. Nil: time.Now.
	Now func() time.Time
}

// Key is an access key: its id and secret, and the token of a temporary key.
type Key struct{ ID, Secret, Token string }

// Client calls one server. Safe for concurrent use.
type Client struct {
	address string
	token   string
	key     Key
	now     func() time.Time
	http    *http.Client
	// upgrades makes connections that become something else, for which it has to be HTTP/1.1.
	upgrades *http.Transport
	stream   atomic.Pointer[AssignmentStream] // the newest
	forward  func() *http.Transport           // for Forward; made at its first call
}

// answerTimeout bounds how long a server may take to begin its answer. By design the longest wait
// is about 20 s.
const answerTimeout = 30 * time.Second

// idleTimeout is how long an idle connection is kept: each call that is given up while it connects
// leaves one. Agents keep theirs longer: if a whole cluster gets tasks at once, all agents would
// otherwise connect again to report on them.
const (
	idleTimeout      = 30 * time.Second
	agentIdleTimeout = 5 * time.Minute
)

// silence is how long a connection may be silent before the server is pinged, and how long the
// answer may take. A server that is frozen or unreachable is no better than one that has ended.
const silence = 2 * time.Second

// What requests are signed for. The region does not matter.
const (
	signRegion  = "us-east-1"
	signService = "gantry"
)

// streamed is the content type of a body that is sent as it comes.
const streamed = "application/octet-stream"

// maxErrorBody bounds how much of an error's body is read.
const maxErrorBody = 64 << 10

// New returns a client. It connects at the first call.
func New(c Config) *Client {
	if c.Dial == nil {
		c.Dial = (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	transport := &http.Transport{
		DialContext:           c.Dial,
		TLSClientConfig:       c.TLS,
		ForceAttemptHTTP2:     c.TLS != nil,
		TLSHandshakeTimeout:   silence,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: silence, PingTimeout: silence},
		MaxIdleConnsPerHost:   8,
		IdleConnTimeout:       idleTimeout,
		DisableCompression:    true, // a compressed stream would hold back frames
		ResponseHeaderTimeout: answerTimeout,
	}
	if c.Agent {
		// A beat is a byte up and a frame down. On an HTTP/1 connection of its own that takes two
		// goroutines; HTTP/2 takes five, and pings besides.
		transport.ForceAttemptHTTP2, transport.Protocols, transport.MaxIdleConnsPerHost = false, new(http.Protocols), 1
		transport.Protocols.SetHTTP1(true)
		transport.IdleConnTimeout = agentIdleTimeout
	}
	return &Client{
		address: strings.TrimSuffix(c.Address, "/"), token: c.Token, key: c.Key, now: c.Now,
		http:     &http.Client{Transport: transport},
		forward:  sync.OnceValue(func() *http.Transport { return newForward(transport) }),
		upgrades: upgradable(transport),
	}
}

// upgradable returns a transport like another one that speaks only HTTP/1.1.
func upgradable(t *http.Transport) *http.Transport {
	t = t.Clone()
	t.ForceAttemptHTTP2, t.HTTP2, t.Protocols = false, nil, new(http.Protocols)
	t.Protocols.SetHTTP1(true)
	return t
}

// Close closes idle connections.
func (c *Client) Close() {
	c.http.CloseIdleConnections()
	c.upgrades.CloseIdleConnections()
}

// do sends body (nil: none) as JSON and decodes the answer into out (nil: it is discarded).
func (c *Client) do(ctx context.Context, method, path string, query url.Values, body, out any) error {
	resp, err := c.send(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return fmt.Errorf("read the answer of %s %s: %w", method, path, err)
	}
	return nil
}

// send returns the response of a call that succeeded; the caller closes its body. Otherwise it
// returns a *structs.Error. Bodies that are a jobFile or an io.Reader are sent as they are.
func (c *Client) send(ctx context.Context, method, path string, query url.Values, body any) (*http.Response, error) {
	var content []byte
	var stream io.Reader // in place of content
	kind := "application/json"
	switch body := body.(type) {
	case nil:
	case jobFile:
		kind, content = "application/yaml", body
	case io.Reader:
		kind, stream = streamed, body
	default:
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode the request of %s %s: %w", method, path, err)
		}
		content = raw
	}
	target := c.address + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	if stream == nil {
		stream = bytes.NewReader(content)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, stream)
	if err != nil {
		return nil, fmt.Errorf("make a request to %s: %w", c.address, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if c.token == "" && c.key.Token != "" {
		req.Header.Set("X-Amz-Security-Token", c.key.Token)
	}
	switch {
	case c.token != "":
		req.Header.Set("Authorization", "Bearer "+c.token)
	case c.key.ID != "" && kind == streamed: // too large to hold, and so too large to sign
		req.Header.Set("Authorization", "Bearer "+c.key.ID+":"+c.key.Secret)
	case c.key.ID != "":
		sigv4.Sign(req, content, c.key.ID, c.key.Secret, signRegion, signService, c.now())
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		return nil, readError(resp)
	}
	return resp, nil
}

// readError returns the server's error. An answer that is not Gantry's, such as a proxy's page, may
// be temporary, so it becomes KindUnavailable.
func readError(resp *http.Response) error {
	var body struct {
		Error struct {
			Code    structs.Kind
			Message string
		} `json:"error"`
	}
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, maxErrorBody))
	if json.Unmarshal(raw, &body) != nil || body.Error.Code == "" {
		return structs.Errorf(structs.KindUnavailable, "the server answered %s: %s", resp.Status, raw)
	}
	return structs.Errorf(body.Error.Code, "%s", body.Error.Message)
}
