package protocol

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gantry-project/gantry/structs"
)

// API holds what a model says about its service as a whole. It is generated.
type API struct {
	Name        string // for people: "Amazon ECS"
	SigningName string // in credential scopes, ARNs and policies: "ecs"
	Protocol    Protocol
	// TargetPrefix is before the operation's name in the X-Amz-Target header, without the dot
	// (JSON).
	TargetPrefix string
	// Version is the API's version, which Query callers send.
	Version string
	// Namespace is the XML namespace of answers (Query).
	Namespace string
	// ErrorSuffix is the suffix of the service's error codes: "Exception", or nothing.
	ErrorSuffix string
	// Operations has the name of every operation of the model, built or not.
	Operations map[string]bool
	// Members has the name of every member of the model's shapes, if requests are to have no others
	// (JSON).
	Members map[string]bool
	// Routes has the method and path of every operation, such as "GET /schedules/{Name}" (REST).
	Routes map[string]string
}

// Service is one AWS API, with the actions that are built.
type Service struct {
	API
	// Codes has the service's own codes for some kinds of error. The code of any other is the kind
	// with ErrorSuffix.
	Codes map[structs.Kind]string
	// Actions has the operations that are built, by name.
	Actions map[string]Action
	// TakesUnknown has the operations whose requests may have members that the model does not have;
	// they are ignored.
	TakesUnknown map[string]bool
}

// Action carries out one operation and returns its response.
type Action func(ctx context.Context, r *Request) (any, error)

// Request is one call of an operation.
type Request struct {
	ID        string // minted by the router; it is in the answer and in the log
	Service   *Service
	Operation string
	Region    string // that the caller signed for
	Account   string
	Endpoint  string // where the caller reached this server: scheme://host
	Body      []byte

	form   url.Values        // Query
	labels map[string]string // REST: parts of the path
	query  url.Values        // REST
	header http.Header
}

// Action returns the name of the operation in policies, such as "ecs:RunTask".
func (r *Request) Action() string { return r.Service.SigningName + ":" + r.Operation }

// Token returns the token of the temporary key that the request shows; empty if it shows none.
func (r *Request) Token() string { return r.header.Get("X-Amz-Security-Token") }

// Decode reads the request into the struct of its shape.
func (r *Request) Decode(into any) error { return r.Service.Protocol.decode(r, into) }

// Protocol is a wire format of AWS APIs: JSON, Query, EC2 or RESTJSON.
type Protocol interface {
	// decode reads a request into the struct of its shape.
	decode(r *Request, into any) error
	// encode returns the body of an answer.
	encode(r *Request, response any) ([]byte, error)
	// encodeError returns the body of a refusal, and sets the headers that belong to it.
	encodeError(header http.Header, e *Error, requestID string) ([]byte, error)
	contentType() string
	faults() faults
}
