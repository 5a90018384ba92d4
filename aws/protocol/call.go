package protocol

import (
	"context"

	"github.com/gantry-project/gantry/control"
)

// Frame holds what the actions of a service have in common. C is the receiver of its methods.
type Frame[C any] struct {
	// Open returns the C of a request.
	Open func(*Request) C
	// Authorize asks whether the caller may carry out the request, whose shape is in. Nil: the
	// operation is on no particular resource.
	Authorize func(c C, ctx context.Context, r *Request, in any) error
	// EnumTexts are the service's own messages for unknown enum values (Checker).
	EnumTexts map[string]string
}

// request is the pointer of a generated request.
type request[Req any] interface {
	*Req
	Check(*Checker)
}

// Handle makes an action from a method. Before the method is called, the request is decoded, its
// caller is authorized, the request is tidied if it has a method for it, and the rules of the model
// are checked.
func Handle[C, Req, Resp any, P request[Req]](f Frame[C], method func(C, context.Context, *Req) (*Resp, error)) Action {
	return func(ctx context.Context, r *Request) (any, error) {
		in := new(Req)
		if err := r.Decode(in); err != nil {
			return nil, err
		}
		c := f.Open(r)
		if err := f.authorize(ctx, c, r, in); err != nil {
			return nil, err
		}
		if tidy, ok := any(in).(interface{ Tidy() }); ok {
			tidy.Tidy()
		}
		checker := Checker{EnumTexts: f.EnumTexts}
		P(in).Check(&checker)
		if err := checker.Err(); err != nil {
			return nil, err
		}
		return method(c, ctx, in)
	}
}

func (f Frame[C]) authorize(ctx context.Context, c C, r *Request, in any) error {
	if f.Authorize == nil {
		return control.Authorize(ctx, r.Action())
	}
	return f.Authorize(c, ctx, r, in)
}

// RequestHash tells a request from another one with the same client token. same gives equivalent
// requests one form: it is called on a copy, and clears the client token.
func RequestHash[Req any](in *Req, same func(*Req)) (string, error) {
	canonical := *in
	same(&canonical)
	return control.RequestHash(&canonical)
}
