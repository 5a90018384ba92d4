package protocol

import (
	"errors"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// Error is a refusal that the protocol itself makes, before any action is asked.
type Error struct {
	Status  int // HTTP
	Code    string
	Message string
}

func (e *Error) Error() string { return e.Message }

// The codes of AWS JSON that stand in no service's model.
const (
	codeSerialization    = "SerializationException"
	codeTooLarge         = "RequestEntityTooLargeException"
	codeUnknownOperation = "UnknownOperationException"
	// codeServer is modelled by every AWS service we speak for. SDKs retry it by its HTTP status,
	// 500 as well as 503.
	codeServer = "ServerException"
)

// answer is the wire form of an error.
type answer struct {
	status      int
	Code        string   `json:"__type"`
	Message     string   `json:"message"`
	ResourceIDs []string `json:"resourceIds,omitzero"`
}

// answerOf maps an error to its wire form, here and nowhere else. internal is true for a fault of
// ours, whose text is for the log and not for the caller.
func answerOf(err error, requestID string) (a answer, internal bool) {
	var refusal *Error
	if errors.As(err, &refusal) {
		return answer{status: refusal.Status, Code: refusal.Code, Message: refusal.Message}, false
	}
	var e *structs.Error
	if !errors.As(err, &e) || e.Kind == structs.KindInternal {
		return answer{
			status: http.StatusInternalServerError, Code: codeServer, Message: "internal error; request id " + requestID,
		}, true
	}
	if e.Kind == structs.KindUnavailable {
		return answer{status: http.StatusServiceUnavailable, Code: codeServer, Message: e.Message}, false
	}
	return answer{status: http.StatusBadRequest, Code: string(e.Kind) + "Exception", Message: e.Message, ResourceIDs: e.ResourceIDs}, false
}
