package protocol

import (
	"errors"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// Error is an error as a caller sees it. Actions return one if the service has its own code, which
// is not the name of a structs.Kind.
type Error struct {
	Status      int // HTTP
	Code        string
	Message     string
	ResourceIDs []string
}

func (e *Error) Error() string { return e.Message }

// faults has a protocol's codes for the errors that no service's model has.
type faults struct {
	unknown       string // service or operation
	unknownStatus int
	malformed     string
	tooLarge      string
	internal      string
	unavailable   string
}

// malformed is the error for a request that cannot be read.
func malformed(p Protocol, message string) error {
	return &Error{Status: http.StatusBadRequest, Code: p.faults().malformed, Message: message}
}

// errorOf maps an error to what the caller sees; nothing else does. internal is true for an
// internal fault, whose text is for the log and not for the caller. Service is nil if none was
// found.
func errorOf(err error, s *Service, p Protocol, requestID string) (e *Error, internal bool) {
	if errors.As(err, &e) {
		return e, false
	}
	var of *structs.Error
	if !errors.As(err, &of) || of.Kind == structs.KindInternal || s == nil {
		return &Error{
			Status: http.StatusInternalServerError, Code: p.faults().internal,
			Message: "internal error; request id " + requestID,
		}, true
	}
	if of.Kind == structs.KindUnavailable {
		return &Error{Status: http.StatusServiceUnavailable, Code: p.faults().unavailable, Message: of.Message}, false
	}
	status := http.StatusBadRequest
	if _, isJSON := p.(JSON); of.Kind == structs.KindAccessDenied && !isJSON {
		status = http.StatusForbidden
	}
	code, own := s.Codes[of.Kind]
	if !own {
		code = string(of.Kind) + s.ErrorSuffix
	}
	return &Error{Status: status, Code: code, Message: of.Message, ResourceIDs: of.ResourceIDs}, false
}
