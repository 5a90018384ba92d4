// Package protocol speaks AWS JSON 1.1: it finds the operation that a request asks for, reads and
// checks the request, and writes the answer or the error. What the operations mean is for the
// services to say.
package protocol

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// Request is one call of an operation.
type Request struct {
	ID        string // minted at the door; in the answer's header and in the log
	Operation string
	Region    string // that the caller signed for
	Endpoint  string // where the caller found us: scheme://host
	Body      []byte
}

// Action carries out one operation and gives its response.
type Action func(ctx context.Context, r *Request) (any, error)

// Service is one AWS API.
type Service struct {
	// Prefix stands before the operation's name in the X-Amz-Target header, without the dot.
	Prefix string
	// Operations names every operation of the API's model, built or not.
	Operations map[string]bool
	// Actions are the operations that are built.
	Actions map[string]Action
}

// Router sends each request to the operation that it asks for. Safe for concurrent use.
type Router struct {
	Services []Service
	Region   string // of callers that do not sign
	Logger   *slog.Logger
}

// ServeHTTP answers one request.
func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := newRequestID()
	w.Header().Set(headerRequestID, id)
	target := r.Header.Get("X-Amz-Target")
	response, err := rt.serve(r, id, target)
	if err == nil {
		err = write(w, http.StatusOK, response)
	}
	if err == nil || r.Context().Err() != nil {
		return // answered, or the caller went away
	}
	a, internal := answerOf(err, id)
	if internal {
		rt.Logger.Error("request failed", "operation", target, "request", id, "error", err)
	}
	if err := write(w, a.status, a); err != nil {
		rt.Logger.Error("could not write an error", "operation", target, "request", id, "error", err)
	}
}

func (rt *Router) serve(r *http.Request, id, target string) (any, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	action, err := rt.action(target)
	if err != nil {
		return nil, err
	}
	_, operation, _ := strings.Cut(target, ".")
	return action(r.Context(), &Request{
		ID: id, Operation: operation, Region: regionOf(r.Header.Get("Authorization"), rt.Region), Endpoint: endpointOf(r), Body: body,
	})
}

// endpointOf gives the address by which a caller reached this server. A server that passes a call
// on leaves its host as it is.
func endpointOf(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (rt *Router) action(target string) (Action, error) {
	if target == "" {
		return nil, unknownOperation("the request has no X-Amz-Target header, which names the operation")
	}
	prefix, operation, _ := strings.Cut(target, ".")
	for _, s := range rt.Services {
		if s.Prefix != prefix {
			continue
		}
		if action := s.Actions[operation]; action != nil {
			return action, nil
		}
		if s.Operations[operation] {
			return nil, structs.Errorf(structs.KindUnsupportedFeature, "operation %s is not supported by this version of Gantry", operation)
		}
	}
	return nil, unknownOperation(fmt.Sprintf("there is no operation %q", target))
}

func unknownOperation(message string) error {
	return &Error{http.StatusBadRequest, codeUnknownOperation, message}
}

// newRequestID mints a random UUID (version 4), the form that AWS's own ids have.
func newRequestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return FormatUUID(b)
}

// FormatUUID writes 16 bytes as a UUID.
func FormatUUID(b [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
