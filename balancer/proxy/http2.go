package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// maxStreams is the most requests at a time on one HTTP/2 connection, as elbv2.
const maxStreams = 128

// handed is the listener of the HTTP/2 server: it returns connections whose handshake is done.
type handed struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (h *handed) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

func (h *handed) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

func (h *handed) Addr() net.Addr { return &net.TCPAddr{} }

// give hands a connection over, or closes it if the server has ended.
func (h *handed) give(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.closed:
		c.Close()
	}
}

type connKey struct{}

// connInfo is what the requests of one connection have in common.
type connInfo struct{ conn *conn }

// startHTTP2 starts net/http's server for connections of HTTP/2 clients.
func (s *Server) startHTTP2() {
	settings := s.settings.Load()
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	s.streams = &handed{conns: make(chan net.Conn), closed: make(chan struct{})}
	s.http2 = &http.Server{
		Handler:        http.HandlerFunc(s.serveHTTP),
		Protocols:      protocols,
		HTTP2:          &http.HTTP2Config{MaxConcurrentStreams: maxStreams, WriteByteTimeout: settings.IdleTimeout},
		IdleTimeout:    settings.IdleTimeout,
		MaxHeaderBytes: settings.HeaderBytes,
		ErrorLog:       log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, nc net.Conn) context.Context {
			c := newConn(s, nc)
			if tc, ok := nc.(*tls.Conn); ok {
				c.describe(tc.ConnectionState())
			}
			return context.WithValue(ctx, connKey{}, connInfo{c})
		},
	}
	go s.http2.Serve(s.streams)
}

// serveHTTP serves one request of HTTP/2 or HTTP/3.
func (s *Server) serveHTTP(w http.ResponseWriter, r *http.Request) {
	x := newExchange(s)
	front := &h2front{w: w, r: r}
	x.front = front
	x.ctx = r.Context()
	if info, ok := x.ctx.Value(connKey{}).(connInfo); ok {
		x.req.client, x.req.local = info.conn.client, info.conn.local
		x.req.tlsVersion, x.req.tlsCipher = info.conn.tlsVersion, info.conn.tlsCipher
	}
	x.req.version = 10 * r.ProtoMajor
	body := &streamBody{r: r, left: r.ContentLength}
	x.body = body
	if err := x.req.fromHTTP(r, x.settings); err != nil {
		version := x.req.version
		x.refuse(err)
		x.req.version = version
	} else {
		x.run()
	}
	body.release()
	aborted := front.aborted
	x.free()
	if aborted {
		panic(http.ErrAbortHandler)
	}
}

// fromHTTP takes the head of a request that net/http parsed. What could be read in two ways over
// HTTP/1.1 is refused, as there.
func (r *request) fromHTTP(from *http.Request, settings *Settings) error {
	r.method, r.target, r.host = from.Method, from.RequestURI, from.Host
	r.fields, r.upgrade, r.expect, r.close = r.fields[:0], "", false, false
	r.length, r.trailers = from.ContentLength, true
	r.headBytes = int64(len(r.method) + len(r.target) + len(r.host))
	if !all(r.method, isToken) {
		return bad("the method has a character that methods may not have")
	}
	if err := r.parseTarget(); err != nil {
		return err
	}
	if r.authority != "" {
		return bad("the request target is not a path")
	}
	if !all(r.host, isHost) {
		return bad("the authority has a character that hosts may not have")
	}
	for name, values := range from.Header {
		k := kindOf(name)
		if k == kindConnection || k == kindTransferEncoding {
			return bad("HTTP/2 has no header " + name)
		}
		for _, value := range values {
			if len(r.fields) == maxFields {
				return &refusal{http.StatusRequestHeaderFieldsTooLarge, "more than 200 fields"}
			}
			if !all(name, isToken) || !all(value, isValue) {
				return bad("a header has a character that headers may not have")
			}
			r.headBytes += int64(len(name) + len(value) + 4)
			r.fields = append(r.fields, field{name, value, k})
		}
	}
	if len(from.Trailer) > 0 {
		names := make([]string, 0, len(from.Trailer))
		for name := range from.Trailer {
			names = append(names, name)
		}
		r.fields = append(r.fields, field{"Trailer", strings.Join(names, ", "), kindTrailer})
	}
	body := framing{length: -1}
	if r.length > 0 {
		body.length = r.length
	}
	return r.classify(body, settings.Desync)
}

// streamBody is the body of a request of HTTP/2.
type streamBody struct {
	r    *http.Request
	left int64 // or untilEnd
	buf  []byte
	done bool
}

func (b *streamBody) ended() bool { return b.done || b.left == 0 }
func (b *streamBody) ready() bool { return b.ended() }

func (b *streamBody) end() (fields []field) {
	for name, values := range b.r.Trailer {
		for _, v := range values {
			fields = append(fields, field{name: name, value: v, kind: kindOf(name)})
		}
	}
	return allowedTrailers(fields)
}

func (b *streamBody) next() ([]byte, error) {
	if b.left == 0 && b.r.ContentLength >= 0 {
		b.done = true
	}
	if b.done {
		return nil, io.EOF
	}
	if b.buf == nil {
		b.buf = getBuffer()
	}
	for {
		n, err := b.r.Body.Read(b.buf)
		if n > 0 {
			if b.left > 0 {
				b.left -= int64(n)
			}
			return b.buf[:n], nil
		}
		if err == io.EOF && b.left > 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			b.done = b.done || err == io.EOF
			return nil, err
		}
	}
}

func (b *streamBody) release() {
	if b.buf != nil {
		putBuffer(b.buf)
		b.buf = nil
	}
}

// h2front answers a client of HTTP/2 or HTTP/3 through net/http.
type h2front struct {
	w       http.ResponseWriter
	r       *http.Request
	bytes   int64
	aborted bool
}

func (h *h2front) sent() int64 { return h.bytes }

func (h *h2front) inform(x *exchange) error {
	header := h.w.Header()
	h.fields(x.resp.fields)
	if x.resp.status != http.StatusContinue { // net/http sends that itself
		h.w.WriteHeader(x.resp.status)
	}
	clear(header)
	return nil
}

func (h *h2front) head(x *exchange) error {
	h.fields(x.resp.fields)
	header := h.w.Header()
	if len(x.cookies) > 0 {
		header["Set-Cookie"] = append(header["Set-Cookie"], x.cookies...)
	}
	if x.settings.AltSvc != "" && x.req.version == 20 {
		header["Alt-Svc"] = []string{x.settings.AltSvc}
	}
	for _, name := range [...]string{"Date", "Content-Type"} { // net/http would add them
		if header[name] == nil {
			header[name] = nil
		}
	}
	if x.resp.status == http.StatusSwitchingProtocols {
		return errors.New("HTTP/2 does not switch protocols")
	}
	h.w.WriteHeader(x.resp.status)
	return nil
}

// fields copies what goes on to the client. The values share one slice.
func (h *h2front) fields(fields []field) {
	header := h.w.Header()
	all := make([]string, len(fields))
	for i := range fields {
		f := &fields[i]
		h.bytes += int64(len(f.name) + len(f.value) + 4)
		switch f.kind {
		case kindConnection, kindKeepAlive, kindNamed, kindTransferEncoding, kindUpgrade, kindTE:
			continue
		}
		name := http.CanonicalHeaderKey(f.name)
		if have := header[name]; have != nil {
			header[name] = append(have, f.value)
			continue
		}
		all[i] = f.value
		header[name] = all[i : i+1 : i+1]
	}
}

func (h *h2front) write(p []byte) error {
	h.bytes += int64(len(p))
	_, err := h.w.Write(p)
	return err
}

func (h *h2front) flush() error {
	return http.NewResponseController(h.w).Flush()
}

func (h *h2front) finish(trailers []field) error {
	for _, f := range trailers {
		h.w.Header().Add(http.TrailerPrefix+f.name, f.value)
	}
	return h.r.Context().Err()
}

func (h *h2front) abort() { h.aborted = true }

// stopReading ends reads of the request's body.
func (h *h2front) stopReading() {
	h.r.Body.Close()
	http.NewResponseController(h.w).SetReadDeadline(time.Unix(1, 0))
}
