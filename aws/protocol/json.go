package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
)

// JSON is AWS JSON 1.0 or 1.1: one object each way, the operation in a header.
type JSON struct{ Version string }

func (p JSON) contentType() string { return "application/x-amz-json-" + p.Version }

func (JSON) decode(r *Request, into any) error {
	if s := r.Service; len(r.Body) > 0 && len(s.Members) > 0 && !s.TakesUnknown[r.Operation] {
		return s.decodeKnown(r, into)
	}
	return decodeJSON(r.Body, into)
}

func (JSON) encode(_ *Request, response any) ([]byte, error) { return encodeJSON(response) }

func (JSON) encodeError(_ http.Header, e *Error, _ string) ([]byte, error) {
	return encodeJSON(jsonError{e.Code, e.Message, e.ResourceIDs})
}

func (JSON) faults() faults {
	return faults{
		unknown: "UnknownOperationException", unknownStatus: http.StatusBadRequest,
		malformed: "SerializationException", tooLarge: "RequestEntityTooLargeException",
		// Every modelled JSON service has it. SDKs retry it by its HTTP status, 500 as well as 503.
		internal: "ServerException", unavailable: "ServerException",
	}
}

// jsonError is the wire form of an error.
type jsonError struct {
	Code        string   `json:"__type"`
	Message     string   `json:"message"`
	ResourceIDs []string `json:"resourceIds,omitzero"`
}

func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return b.Bytes(), err
}

// decodeJSON reads a JSON object into a request. No body is an empty object; members that the
// request does not know are ignored.
func decodeJSON(body []byte, into any) error {
	if len(body) == 0 {
		return nil
	}
	err := json.Unmarshal(body, into)
	if err == nil {
		return nil
	}
	return malformed(JSON{}, explain(err))
}

// explain returns why JSON could not be read, in the caller's terms.
func explain(err error) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf("the request is not valid JSON: %s, at byte %d", syntax.Error(), syntax.Offset)
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		field := wrong.Field
		if field == "" {
			field = "the request"
		}
		return fmt.Sprintf("%s: expected %s, got %s, at byte %d", field, expected(wrong.Type), wrong.Value, wrong.Offset)
	}
	return "the request cannot be read: " + err.Error()
}

// expected returns the JSON name of a Go type.
func expected(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Int32:
		return "an integer from -2147483648 to 2147483647"
	case reflect.Int64:
		return "an integer"
	}
	return t.String()
}
