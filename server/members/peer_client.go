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

// Path is the HTTP path of the calls between servers other than raft and gossip. Only servers may
// call it.
const Path = "/v1/peer/"

// peerTimeout limits one call to a peer.
const peerTimeout = time.Second

// peerSilence is how long a connection to another server may be silent during a call before that
// server is asked for a sign of life, and how long the answer may take. Otherwise a call to a
// frozen server, or over a broken link, would hang for as long as its caller waits.
const peerSilence = time.Second

// peerClient calls other servers.
type peerClient struct {
	http *http.Client
	// upgrades has HTTP/1.1 only.
	upgrades *http.Transport
	// scheme is http or https.
	scheme string
}

func newPeerClient(p *Peers) *peerClient {
	c := &peerClient{scheme: "http", http: &http.Client{Transport: &http.Transport{
		// raft dials with p.TLS, and http modifies its copy
		DialContext: p.Dialer(), TLSClientConfig: p.TLS.Clone(), ForceAttemptHTTP2: p.TLS != nil,
		TLSHandshakeTimeout: node.DialTimeout,
		HTTP2:               &http.HTTP2Config{SendPingTimeout: peerSilence, PingTimeout: peerSilence},
		MaxIdleConnsPerHost: 32, IdleConnTimeout: time.Minute, DisableCompression: true,
	}}}
	c.upgrades = &http.Transport{
		DialContext: p.Dialer(), TLSClientConfig: p.TLS.Clone(), TLSHandshakeTimeout: node.DialTimeout,
		MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute, DisableCompression: true, Protocols: new(http.Protocols),
	}
	c.upgrades.Protocols.SetHTTP1(true)
	if p.TLS != nil {
		c.scheme = "https"
	}
	return c
}

// Call makes a call under Path to another server.
func (m *Members) Call(ctx context.Context, address, call string, in, out any) error {
	return m.client.post(ctx, address, call, in, out)
}

// Transport returns the transport of calls to other servers.
func (m *Members) Transport() http.RoundTripper { return m.client.http.Transport }

// Upgrades returns a transport of calls to other servers that may upgrade their connection, which
// takes HTTP/1.1.
func (m *Members) Upgrades() http.RoundTripper { return m.client.upgrades }

// Scheme is the scheme of the other servers' URLs: http or https.
func (m *Members) Scheme() string { return m.client.scheme }

// accept asks a server to agree to a new cluster.
func (c *peerClient) accept(ctx context.Context, address string, with proposal) error {
	return c.post(ctx, address, "accept", with, nil)
}

// stats asks a server for its progress. It fails if another server now answers at the address.
func (c *peerClient) stats(ctx context.Context, address, id string) (stats node.Stats, err error) {
	err = c.post(ctx, address, "stats", statsRequest{Server: id}, &stats)
	return stats, err
}

// leave asks the leader to remove a server, and reports whether it is gone from the peers. Other
// servers refuse.
func (c *peerClient) leave(ctx context.Context, address, id string) (gone bool, err error) {
	err = c.post(ctx, address, "leave", id, &gone)
	return gone, err
}

// gossipKey asks a server for the gossip key in use.
func (c *peerClient) gossipKey(ctx context.Context, address string) (key []byte, err error) {
	err = c.post(ctx, address, "gossip-key", struct{}{}, &key)
	return key, err
}

// announce asks a server to announce itself to everyone by gossip.
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
