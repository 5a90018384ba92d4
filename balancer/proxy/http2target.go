package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"os"
	"strings"
	"time"
)

// dialError marks that a target could not be connected to: nothing was sent.
type dialError struct{ error }

func (e dialError) Unwrap() error { return e.error }

// roundTripper returns the transport to a target that speaks HTTP/2, without TLS (h2c) or with it.
func (p *Pool) roundTripper(t *Target) *http.Transport {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.transport == nil {
		protocols := new(http.Protocols)
		protocols.SetHTTP2(t.TLS)
		protocols.SetUnencryptedHTTP2(!t.TLS)
		connect := func(ctx context.Context, _, _ string) (net.Conn, error) {
			c, err := dial(ctx, t, "h2")
			if err != nil {
				return nil, dialError{err}
			}
			return c, nil
		}
		p.transport = &http.Transport{
			Protocols:          protocols,
			DisableCompression: true,
			IdleConnTimeout:    idleKept,
			HTTP2:              &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
			DialContext:        connect,
			DialTLSContext:     connect,
		}
	}
	return p.transport
}

// tryHTTP2 sends the request to a target that speaks HTTP/2 and carries the answer back. Again
// means that another target may be tried.
func (x *exchange) tryHTTP2(f Forward, t *Target) (again bool, err error) {
	ctx := x.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	idle := time.AfterFunc(x.settings.IdleTimeout, func() { cancel(os.ErrDeadlineExceeded) })
	defer idle.Stop()
	tick := func() { idle.Reset(x.settings.IdleTimeout) }
	out := x.outgoing(ctx, t)
	var sent *sentBody
	if !x.body.ended() {
		sent = &sentBody{from: x.body, tick: tick, limit: x.settings.MaxBody, trailer: out.Trailer}
		out.Body = sent
	}
	resp, err := t.Pool.roundTripper(t).RoundTrip(out)
	if err == nil {
		defer resp.Body.Close()
		tick()
		err = x.carryStream(f, resp, sent, tick)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if d := (dialError{}); errors.As(err, &d) && (sent == nil || !sent.begun.Load()) {
		return true, d.error
	}
	cancel(nil)
	x.stopSending(sent)
	switch {
	case err == nil:
		return false, nil
	case errors.Is(err, errClient) || x.ctx != nil && x.ctx.Err() != nil:
		x.out.Problem = "the client closed the connection"
		if !x.begun {
			x.out.Status = 0
		}
		x.front.abort()
		return false, nil
	}
	return false, x.failTarget(t, err)
}

// outgoing is the head of the request for a transport.
func (x *exchange) outgoing(ctx context.Context, t *Target) *http.Request {
	r := &x.req
	scheme := "http"
	if t.TLS {
		scheme = "https"
	}
	out := &http.Request{Method: r.method, Host: x.hostFor(t), Header: http.Header{}, Proto: "HTTP/2.0", ProtoMajor: 2, ContentLength: r.length,
		URL: &url.URL{Scheme: scheme, Host: t.Address, Opaque: r.target}}
	if strings.HasPrefix(r.target, "//") {
		out.URL.Opaque = "//" + out.Host + r.target
	}
	for i := range r.fields {
		f := &r.fields[i]
		switch {
		case f.kind == kindTrailer:
			out.Trailer = http.Header{}
			for name := range tokens(f.value) {
				out.Trailer[http.CanonicalHeaderKey(name)] = nil
			}
		case f.kind == kindOther && (!x.settings.DropInvalid || all(f.name, isPlain)):
			out.Header[http.CanonicalHeaderKey(f.name)] = append(out.Header[http.CanonicalHeaderKey(f.name)], f.value)
		}
	}
	for name, value := range x.added {
		out.Header.Add(name, value)
	}
	if r.expect {
		out.Header.Set("Expect", "100-continue")
	}
	if r.trailers {
		out.Header.Set("Te", "trailers")
	}
	if out.Header["User-Agent"] == nil {
		out.Header["User-Agent"] = nil // the transport would add its own
	}
	x.out.ToTarget = time.Since(r.begin)
	trace := &httptrace.ClientTrace{Got1xxResponse: func(status int, header textproto.MIMEHeader) error {
		x.resp.status, x.resp.reason = status, http.StatusText(status)
		x.resp.fields = fromHeader(x.resp.fields[:0], http.Header(header))
		return x.front.inform(x)
	}}
	return out.WithContext(httptrace.WithClientTrace(ctx, trace))
}

func fromHeader(fields []field, header http.Header) []field {
	for name, values := range header {
		for _, v := range values {
			fields = append(fields, field{name, v, kindOf(name)})
		}
	}
	return fields
}

// carryStream brings the answer to the client.
func (x *exchange) carryStream(f Forward, from *http.Response, sent *sentBody, tick func()) error {
	now := time.Now()
	r := &x.resp
	r.status, r.reason, r.length = from.StatusCode, http.StatusText(from.StatusCode), from.ContentLength
	r.fields = fromHeader(r.fields[:0], from.Header)
	x.out.TargetStatus, x.out.TargetTime = r.status, now.Sub(x.req.begin)-x.out.ToTarget
	x.cookies = f.Cookies(x.out.Target)
	switch {
	case x.req.method == "HEAD" || r.status == 204 || r.status == 304:
		r.length = 0
	case len(from.Trailer) > 0 && x.conn != nil: // in HTTP/1.1 trailers follow chunks alone
		r.length = untilEnd
	case r.length == 0 && from.Header["Content-Length"] == nil:
		r.fields = append(r.fields, field{"Content-Length", "0", kindContentLength})
	}
	if sent != nil && !sent.all.Load() {
		x.closeClient = true
	}
	x.begin(now)
	if x.front.head(x) != nil || r.length < 0 && x.front.flush() != nil {
		return errClient
	}
	buf := getBuffer()
	defer putBuffer(buf)
	for left := r.length; left != 0; {
		n, err := from.Body.Read(buf)
		tick()
		left -= int64(n)
		if n > 0 && (x.front.write(buf[:n]) != nil || left != 0 && x.front.flush() != nil) {
			return errClient
		}
		if r.length < 0 {
			left = untilEnd
		}
		if err == io.EOF && left <= 0 {
			break
		} else if err != nil {
			return unexpected(err)
		}
	}
	if _, err := io.Copy(io.Discard, from.Body); err != nil { // until the trailers
		return unexpected(err)
	}
	if x.front.finish(allowedTrailers(fromHeader(nil, from.Trailer))) != nil {
		return errClient
	}
	return nil
}

// stopSending makes sure that nobody reads the body of the request any more.
func (x *exchange) stopSending(sent *sentBody) {
	if sent == nil {
		return
	}
	if !sent.all.Load() {
		x.closeClient = true
		x.h1.keep = false
		sent.stopped.Store(true)
		x.front.stopReading()
	}
	sent.mu.Lock()
	defer sent.mu.Unlock()
	sent.done = true
	x.out.BytesIn += sent.bytes
	x.upload = nil
	if sent.err != nil {
		x.upload = failedUpload(sent.err)
	}
}
