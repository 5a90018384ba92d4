package proxy

import (
	"net/http"
	"strconv"
	"time"
)

// front is the side of an exchange that the client is on.
type front interface {
	inform(x *exchange) error // an informational answer: x.resp
	head(x *exchange) error   // the head of the answer: x.resp
	write(p []byte) error     // a part of its body
	flush() error             // sends what was written so far
	finish(trailers []field) error
	abort()       // the rest of the answer will not come
	sent() int64  // bytes to the client
	stopReading() // makes reads of the request's body fail
}

// source is the body of a request.
type source interface {
	next() ([]byte, error)
	ended() bool // everything was read
	ready() bool // next will not wait
	end() []field
}

func (b *body) end() []field { return b.trailers }

// h1front answers a client of HTTP/1.0 or 1.1.
type h1front struct {
	conn    *conn
	keep    bool // the connection stays open
	chunked bool
	begun   bool // the final head was written
	cut     bool
	before  int64 // conn.out.sent at the begin
}

func (h *h1front) sent() int64 { return h.conn.out.sent - h.before }

func (h *h1front) inform(x *exchange) error {
	if x.req.version < 11 {
		return nil
	}
	b := appendStatus(h.conn.out.grow(), &x.resp)
	b = appendFields(b, x.resp.fields, false)
	h.conn.out.set(append(b, "\r\n"...))
	return h.conn.out.flush()
}

func (h *h1front) head(x *exchange) error {
	r := &x.resp
	h.begun = true
	h.keep = !x.req.close && !x.closeClient && !x.server.draining.Load()
	h.chunked = r.length == untilEnd && x.req.version >= 11
	if r.length == untilEnd && !h.chunked {
		h.keep = false
	}
	b := appendStatus(h.conn.out.grow(), r)
	b = appendFields(b, r.fields, r.length != untilEnd && r.status != 204)
	for _, cookie := range x.cookies {
		b = appendField(b, "Set-Cookie", cookie)
	}
	if x.settings.AltSvc != "" && x.req.tlsVersion != "" {
		b = appendField(b, "Alt-Svc", x.settings.AltSvc)
	}
	if h.chunked {
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	switch {
	case r.status == http.StatusSwitchingProtocols || r.status == http.StatusUpgradeRequired:
		h.keep = h.keep && r.status != http.StatusSwitchingProtocols
		for _, f := range r.fields {
			if f.kind == kindUpgrade {
				b = appendField(b, "Upgrade", f.value)
			}
		}
		b = append(b, "Connection: upgrade\r\n"...)
	case !h.keep:
		b = append(b, "Connection: close\r\n"...)
	case x.req.version < 11:
		b = append(b, "Connection: keep-alive\r\n"...)
	}
	h.conn.out.set(append(b, "\r\n"...))
	return nil
}

// appendStatus appends the status line of an answer.
func appendStatus(b []byte, r *response) []byte {
	b = append(b, "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(r.status), 10)
	b = append(b, ' ')
	b = append(b, r.reason...)
	return append(b, "\r\n"...)
}

// appendFields appends what goes on to the client, with Content-Length or without.
func appendFields(b []byte, fields []field, length bool) []byte {
	for i := range fields {
		switch f := &fields[i]; f.kind {
		case kindConnection, kindKeepAlive, kindNamed, kindTransferEncoding, kindUpgrade, kindTE:
		case kindContentLength:
			if length {
				b = appendField(b, f.name, f.value)
			}
		default:
			b = appendField(b, f.name, f.value)
		}
	}
	return b
}

func appendField(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, ": "...)
	b = append(b, value...)
	return append(b, "\r\n"...)
}

func (h *h1front) write(p []byte) error {
	if !h.chunked {
		return h.conn.out.write(p)
	}
	return writeChunk(&h.conn.out, p)
}

// writeChunk writes one chunk.
func writeChunk(w *writer, p []byte) error {
	var size [20]byte
	line := append(strconv.AppendInt(size[:0], int64(len(p)), 16), "\r\n"...)
	if len(w.buf)+len(line)+len(p)+2 > bufferSize {
		w.flush()
	}
	w.write(line)
	w.write(p)
	return w.write([]byte("\r\n"))
}

// endChunks writes the last chunk and the trailers.
func endChunks(w *writer, trailers []field) error {
	b := append(w.grow(), "0\r\n"...)
	for _, f := range trailers {
		b = appendField(b, f.name, f.value)
	}
	w.set(append(b, "\r\n"...))
	return w.flush()
}

func (h *h1front) flush() error { return h.conn.out.flush() }

func (h *h1front) finish(trailers []field) error {
	if h.chunked {
		return endChunks(&h.conn.out, trailers)
	}
	return h.conn.out.flush()
}

func (h *h1front) abort() {
	h.keep, h.cut = false, true
	h.conn.out.flush()
	if h.chunked { // the missing last chunk says it
		h.conn.net.Close()
		return
	}
	h.conn.reset()
}

func (h *h1front) stopReading() { h.conn.net.SetReadDeadline(time.Unix(1, 0)) }
