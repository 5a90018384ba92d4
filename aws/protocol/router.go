package protocol

import (
	"cmp"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/gantry-project/gantry/control"
)

const headerRequestID = "x-amzn-RequestId"

// Router sends each request to the operation that it asks for. Safe for concurrent use.
type Router struct {
	Services []Service
	Region   string // in ARNs of callers that do not sign; empty: DefaultRegion
	Account  string // 12 digits; empty: DefaultAccount
	Logger   *slog.Logger
}

// filler is a response that knows which of its lists clients always expect, even if they are empty.
type filler interface{ FillLists() }

// ServeHTTP answers one request.
func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	call := &Request{ID: newRequestID()}
	p := protocolOf(r)
	response, err := rt.serve(r, call, p)
	if call.Service != nil {
		p = call.Service.Protocol
	}
	var body []byte
	if err == nil {
		if f, ok := response.(filler); ok {
			f.FillLists()
		}
		body, err = p.encode(call, response)
	}
	switch {
	case r.Context().Err() != nil && err != nil: // the caller went away
	case err == nil:
		send(w, p, http.StatusOK, call.ID, body)
	default:
		e, internal := errorOf(err, call.Service, p, call.ID)
		if internal {
			rt.Logger.Error("request failed", "operation", call.Operation, "request", call.ID, "error", err)
		}
		sendError(w, p, e, call.ID)
	}
}

// serve fills in what the request asks for and carries it out.
func (rt *Router) serve(r *http.Request, call *Request, p Protocol) (any, error) {
	var err error
	if call.Body, err = readBody(r, p); err != nil {
		return nil, err
	}
	signed := scopeOf(r.Header.Get("Authorization"))
	call.Region = cmp.Or(signed.region, rt.Region, DefaultRegion)
	call.Account = cmp.Or(rt.Account, DefaultAccount)
	call.Endpoint = endpointOf(r)
	call.header = r.Header
	action, err := rt.find(r, call, p, signed)
	if c := control.CallerOf(r.Context()); c != nil && call.Operation != "" {
		// for the audit log, unless an action authorizes another one
		c.Action = cmp.Or(signed.service, "aws") + ":" + call.Operation
		if call.Service != nil {
			c.Action = call.Action()
		}
	}
	if err != nil {
		return nil, err
	}
	return action(r.Context(), call)
}

// endpointOf returns the address at which a caller reached this server. A server that forwards a
// call keeps its host.
func endpointOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// send writes an answer.
func send(w http.ResponseWriter, p Protocol, status int, requestID string, body []byte) {
	w.Header().Set(headerRequestID, requestID)
	w.Header().Set("Content-Type", p.contentType())
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	// A caller that went away is not an error, and nobody is left to tell.
	_, _ = w.Write(body)
}

// sendError writes a refusal.
func sendError(w http.ResponseWriter, p Protocol, e *Error, requestID string) {
	body, err := p.encodeError(w.Header(), e, requestID)
	if err != nil {
		panic(err) // a struct of texts can always be written
	}
	send(w, p, e.Status, requestID, body)
}

// newRequestID returns a random UUID (version 4), the form of AWS's own ids.
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return FormatUUID(b)
}

// FormatUUID formats 16 bytes as a UUID.
func FormatUUID(b [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
