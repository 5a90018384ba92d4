package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"
)

// exchange is one request and its answer.
type exchange struct {
	server   *Server
	settings *Settings
	req      request
	resp     response
	front    front
	conn     *conn // of an HTTP/1 client, otherwise nil
	h1       h1front
	body     source          // of the request
	in       body            // the same, of an HTTP/1 client
	answer   body            // of a target's answer over HTTP/1
	ctx      context.Context // of a client of HTTP/2 or 3; it ends when the client cancels
	unwatch  func() bool     // ends the watch for that; false: it came
	out      Outcome
	cookies  []string

	first       []byte // of the body, which goes with the head
	firstTaken  bool
	upload      *upload
	closeClient bool // the client's connection is not used again
	begun       bool // the final head went to the front
}

var exchanges = sync.Pool{New: func() any { return new(exchange) }}

func newExchange(s *Server) *exchange {
	x := exchanges.Get().(*exchange)
	x.server, x.settings = s, s.settings.Load()
	x.req.begin = time.Now()
	return x
}

// free gives the exchange back. It keeps nothing of the request but memory.
func (x *exchange) free() {
	fields, answered, ins, trailers := x.req.fields, x.resp.fields, x.in.trailers, x.answer.trailers
	clear(fields[:cap(fields)])
	clear(answered[:cap(answered)])
	clear(ins[:cap(ins)])
	clear(trailers[:cap(trailers)])
	*x = exchange{}
	x.req.fields, x.resp.fields, x.in.trailers, x.answer.trailers = fields[:0], answered[:0], ins[:0], trailers[:0]
	exchanges.Put(x)
}

// run carries the request out.
func (x *exchange) run() {
	d := x.server.router.Route(&x.req)
	x.out.Start = x.req.begin
	x.out.BytesIn = x.req.headBytes
	x.out.Protocol = protocols[x.req.version]
	x.out.TLSProtocol, x.out.TLSCipher = x.req.tlsVersion, x.req.tlsCipher
	x.out.Class, x.out.ClassReason = x.req.class, x.req.classReason
	x.closeClient = x.req.class == classAmbiguous && x.settings.Desync != "monitor"
	switch {
	case x.settings.MaxBody > 0 && x.req.length > x.settings.MaxBody:
		x.fail(http.StatusRequestEntityTooLarge, "the body is larger than the listener takes")
	case d.Forward == nil:
		x.reply(d.Status, d.Header, d.Body)
	default:
		x.forward(d.Forward)
	}
	if d.Observe != nil {
		x.out.BytesOut = x.front.sent()
		d.Observe(x.out)
	}
}

var protocols = map[int]string{10: "HTTP/1.0", 11: "HTTP/1.1", 20: "HTTP/2.0", 30: "HTTP/3.0"}

// refuse answers a request that is malformed or not complete, which no Router sees.
func (x *exchange) refuse(err error) {
	status := headStatus(err, true)
	x.out.Start, x.out.Protocol = x.req.begin, "HTTP/1.1"
	x.out.Status, x.out.Problem = status, err.Error()
	if status == http.StatusBadRequest {
		x.out.Class, x.out.ClassReason = classSevere, err.Error()
		if x.req.class != "" {
			x.out.Class, x.out.ClassReason = x.req.class, x.req.classReason
		}
	}
	x.closeClient, x.req.version, x.req.method = true, 11, ""
	if status != 0 {
		x.reply(status, nil, "")
	}
	if r, ok := x.server.router.(Refuser); ok {
		r.Refused(x.req.client, x.out)
	}
}

// forward tries targets until one answers.
func (x *exchange) forward(f Forward) {
	status, problem := http.StatusServiceUnavailable, "there is no target"
	for {
		t := f.Next()
		if t == nil {
			x.fail(status, problem)
			return
		}
		x.out.Target = t
		again, err := x.try(f, t)
		f.Done(t, err)
		if !again {
			return
		}
		status, problem = http.StatusBadGateway, fmt.Sprintf("target %s: %v", t.Address, err)
		if timeout(err) {
			status = http.StatusGatewayTimeout
		}
	}
}

func timeout(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

func (x *exchange) try(f Forward, t *Target) (again bool, err error) {
	if t.Protocol == "HTTP2" || t.Protocol == "GRPC" {
		return x.tryHTTP2(f, t)
	}
	return x.tryHTTP1(f, t)
}

// fail answers for a target, or for none.
func (x *exchange) fail(status int, problem string) {
	x.out.Problem = problem
	x.reply(status, nil, "")
}

// reply answers by itself. Without a body it has the status in words.
func (x *exchange) reply(status int, header [][2]string, text string) {
	r := &x.resp
	r.status, r.reason, r.fields, r.length = status, http.StatusText(status), r.fields[:0], int64(len(text))
	if text == "" && header == nil && status >= 400 {
		text = strconv.Itoa(status) + " " + r.reason + "\n"
		header = [][2]string{{"Content-Type", "text/plain; charset=utf-8"}}
		r.length = int64(len(text))
	}
	r.fields = append(r.fields, field{name: "Server", value: "gantry"}, field{name: "Date", value: x.server.dateText(time.Now())})
	for _, h := range header {
		r.fields = append(r.fields, field{name: h[0], value: h[1]})
	}
	if status >= 200 && status != 204 && status != 304 {
		r.fields = append(r.fields, field{"Content-Length", strconv.Itoa(len(text)), kindContentLength})
	}
	if x.req.method == "HEAD" || status == 204 || status == 304 {
		text, r.length = "", 0
	}
	x.closeClient = x.closeClient || !x.dropBody()
	x.begin(time.Now())
	err := x.front.head(x)
	if err == nil && text != "" {
		err = x.front.write([]byte(text))
	}
	if err == nil {
		err = x.front.finish(nil)
	}
	if err != nil {
		x.front.abort()
	}
}

// begin notes that the head of the answer goes to the client.
func (x *exchange) begin(now time.Time) {
	x.begun = true
	x.out.Status = x.resp.status
	x.out.ToClient = now.Sub(x.req.begin)
}

// dropBody skips the body of the request if all of it is there already, and reports whether nothing
// of it is left to come.
func (x *exchange) dropBody() bool {
	if x.body == nil || x.body.ended() {
		return true
	}
	if x.body != source(&x.in) || x.in.kind != bodySized || x.in.left > int64(x.in.in.buffered()) {
		return false
	}
	p, err := x.in.next()
	x.out.BytesIn += int64(len(p))
	return err == nil
}

// repeatable reports whether the request may be sent twice: its method is idempotent (RFC 9110
// 9.2.2) and it has no body.
func (x *exchange) repeatable() bool {
	switch x.req.method {
	case "GET", "HEAD", "OPTIONS", "PUT", "DELETE":
		return x.req.length == 0
	}
	return false
}

// failTarget answers for a target that did not, and returns the error of the connection to it, or
// nil if it was the client's fault.
func (x *exchange) failTarget(t *Target, err error) error {
	status, culprit := http.StatusBadGateway, err
	if up := x.upload; up != nil && up.client != nil {
		culprit = nil
		x.closeClient = true
		if status = headStatus(up.client, true); errors.Is(up.client, io.ErrUnexpectedEOF) {
			status = http.StatusBadRequest
		}
		err = fmt.Errorf("the body of the request: %w", up.client)
	} else if errors.Is(err, os.ErrDeadlineExceeded) || timeout(err) {
		status = http.StatusGatewayTimeout
	} else if err == io.EOF || err == io.ErrUnexpectedEOF {
		err, culprit = errNoAnswer, errNoAnswer
	}
	if x.begun || status == 0 {
		if !x.begun { // the client is gone
			x.out.Status = 0
		}
		x.out.Problem = err.Error()
		x.front.abort()
		return culprit
	}
	x.fail(status, fmt.Sprintf("target %s: %v", t.Address, err))
	return culprit
}

var errNoAnswer = errors.New("it closed the connection without a complete answer")
