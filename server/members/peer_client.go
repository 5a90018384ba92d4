package members

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/gantry-project/gantry/server/node"
)

// What servers ask each other beside raft and gossip, over HTTP under this path. Only servers may
// call it.
const Path = "/v1/peer/"

// peerTimeout bounds one call to a peer.
const peerTimeout = time.Second

// peerClient calls other servers.
type peerClient struct {
	http *http.Client
	// scheme is http or https.
	scheme string
}

// peerSilence is how long a connection to another server may be silent during a call before that is
// asked for a sign of life, and how long that may take. A call to a server that froze, or to which
// the link broke, would else hang for as long as its caller waits.
const peerSilence = time.Second

func newPeerClient(p *Peers) *peerClient {
	c := &peerClient{scheme: "http", http: &http.Client{Transport: &http.Transport{
		// raft dials with p.TLS, and http changes its own
		DialContext: p.Dialer(), TLSClientConfig: p.TLS.Clone(), ForceAttemptHTTP2: p.TLS != nil,
		TLSHandshakeTimeout: node.DialTimeout, HTTP2: &http.HTTP2Config{SendPingTimeout: peerSilence, PingTimeout: peerSilence},
		MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute, DisableCompression: true,
	}}}
	if p.TLS != nil {
		c.scheme = "https"
	}
	return c
}

// Call asks another server for something under Path.
func (m *Members) Call(ctx context.Context, address, call string, in, out any) error {
	return m.client.post(ctx, address, call, in, out)
}

// Transport makes connections to other servers, and Scheme is that of their URLs.
func (m *Members) Transport() http.RoundTripper { return m.client.http.Transport }

// Scheme is http or https.
func (m *Members) Scheme() string { return m.client.scheme }

// accept asks a server to agree to a new cluster.
func (c *peerClient) accept(ctx context.Context, address string, with proposal) error {
	return c.post(ctx, address, "accept", with, nil)
}

// stats asks a server how far its log is. Where another answers at its address by now, that fails.
func (c *peerClient) stats(ctx context.Context, address, id string) (node.Stats, error) {
	var out node.Stats
	return out, c.post(ctx, address, "stats", statsRequest{Server: id}, &out)
}

// leave asks the leader to let a server go, and whether it has it no more. It fails at other
// servers.
func (c *peerClient) leave(ctx context.Context, address, id string) (gone bool, err error) {
	err = c.post(ctx, address, "leave", id, &gone)
	return gone, err
}

// gossipKey asks a server for the gossip key in use.
func (c *peerClient) gossipKey(ctx context.Context, address string) (key []byte, err error) {
	err = c.post(ctx, address, "gossip-key", struct{}{}, &key)
	return key, err
}

// announce asks a server to say to all by gossip that it is there.
func (c *peerClient) announce(ctx context.Context, address string) error {
	return c.post(ctx, address, "announce", struct{}{}, nil)
}

func (c *peerClient) post(ctx context.Context, address, call string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, peerTimeout)
	defer cancel()
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.scheme+"://"+address+Path+call, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return fmt.Errorf("%s of server %s: %s", call, address, bytes.TrimSpace(text))
	}
	if out == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	return json.NewDecoder(resp.Body).Decode(out)
}
