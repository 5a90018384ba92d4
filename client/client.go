// Package client is the Go client of the native API: for the agent, the command line and end-to-end
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
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/security/sigv4"
	"github.com/gantry-project/gantry/structs"
)

// Config is what a client needs.
type Config struct {
	// Address is the server's, as http://host:port. Required.
	Address string
	// Dial opens a connection to the server. Nil: over TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// TLS is that of an https address. Nil: the system's.
	TLS *tls.Config
	// Token is an access key as ID:SECRET, shown to the server. Empty: Key, else none.
	Token string
	// Key is an access key to sign with.
	Key Key
	// Agent says that this is the client of an agent, which beats on its stream and so knows at any
	// time whether the server answers.
	Agent bool
	// Now is the system's clock. Nil: time.Now.
	Now func() time.Time
}

// Key is an access key: its id and secret.
type Key struct{ ID, Secret string }

// Client calls one server. Safe for concurrent use.
type Client struct {
	address string
	token   string
	key     Key
	now     func() time.Time
	http    *http.Client
	stream  atomic.Pointer[AssignmentStream] // the newest
}

// answerTimeout is how long a server may take before it begins to answer. The longest that one
// waits by design is some 20 s.
const answerTimeout = 30 * time.Second

// idleTimeout is how long a connection is kept that carries nothing: each call that is given up
// while it connects leaves one. An agent keeps one for longer: when tasks come for all of a
// cluster, all agents would make a new one to say what becomes of them.
const (
	idleTimeout      = 30 * time.Second
	agentIdleTimeout = 5 * time.Minute
)

// silence is how long a connection may be silent before the server is asked for a sign of life, and
// how long that may take: a server that froze, or to which the link broke, is no better than one
// that is gone.
const silence = 2 * time.Second

// What requests are signed for. The region is of no account.
const (
	signRegion  = "us-east-1"
	signService = "gantry"
)

// streamed is the type of a body that is sent as it comes.
const streamed = "application/octet-stream"

// maxErrorBody bounds what is read of an error's body.
const maxErrorBody = 64 << 10

// New makes a client; it connects at the first call.
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
		// A beat is a byte up and a frame down. On a connection of its own a goroutine reads the
		// one and writes the other; HTTP/2 takes five for it, and asks for signs of life besides.
		transport.ForceAttemptHTTP2, transport.Protocols, transport.MaxIdleConnsPerHost = false, new(http.Protocols), 1
		transport.Protocols.SetHTTP1(true)
		transport.IdleConnTimeout = agentIdleTimeout
	}
	return &Client{address: strings.TrimSuffix(c.Address, "/"), token: c.Token, key: c.Key, now: c.Now, http: &http.Client{Transport: transport}}
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// do sends body (nil: none) as JSON and decodes the answer into out (nil: thrown away).
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

// send gives the response of a success; the caller closes its body. Any other is a *structs.Error.
// A body of jobFile goes as it is, as what a Reader gives.
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
	switch {
	case c.token != "":
		req.Header.Set("Authorization", "Bearer "+c.token)
	case c.key.ID != "" && kind == streamed: // too large to hold, and so to sign
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

// readError gives the server's error as it was there. What is no error of Gantry's (a proxy's page,
// say) may pass, so it is of KindUnavailable.
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
