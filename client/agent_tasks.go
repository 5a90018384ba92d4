package client

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// TaskTags asks for the tags of a task of an instance.
func (c *Client) TaskTags(ctx context.Context, instance, task string) (out structs.TaskTags, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/agent/tags", url.Values{"instance": {instance}, "task": {task}}, nil, &out)
	return out, err
}

// forwardIdle is how many connections are kept for calls that are forwarded.
const forwardIdle = 16

// newForward returns what carries calls of others: it shows no certificate, so that the server
// decides by the signature of each call.
func newForward(own *http.Transport) *http.Transport {
	t := own.Clone()
	t.MaxIdleConnsPerHost, t.IdleConnTimeout = forwardIdle, idleTimeout
	if t.TLSClientConfig != nil {
		t.TLSClientConfig.Certificates, t.TLSClientConfig.GetClientCertificate = nil, nil
		t.TLSClientConfig.ClientSessionCache = nil // a session would have the certificate
	}
	return t
}

// Forward sends a call of somebody else to the server, with the host that it was made for, and
// returns the answer, whatever its status.
func (c *Client) Forward(r *http.Request) (*http.Response, error) {
	scheme, host, _ := strings.Cut(c.address, "://")
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	r.URL.Scheme, r.URL.Host, r.RequestURI = scheme, host, ""
	return c.forward().RoundTrip(r)
}

// Unreached reports whether a call failed before the server had it.
func Unreached(err error) bool {
	dial, ok := errors.AsType[*net.OpError](err)
	return ok && dial.Op == "dial"
}
