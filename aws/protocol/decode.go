package protocol

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"

	"github.com/gantry-project/gantry/structs"
)

// maxDrain is how much of a request that is too large is read all the same, so that its sender gets
// to see the answer and not a broken connection.
const maxDrain = 32 << 20

// readBody reads the whole of a request.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, structs.MaxBody+1))
	if err != nil {
		return nil, &Error{http.StatusBadRequest, codeSerialization, "the request broke off: " + err.Error()}
	}
	if len(body) > structs.MaxBody {
		// How the rest ends does not matter: the request is refused anyway.
		_, _ = io.CopyN(io.Discard, r.Body, maxDrain)
		return nil, &Error{
			http.StatusRequestEntityTooLarge, codeTooLarge,
			fmt.Sprintf("the request is larger than %d MiB, the most that is taken", structs.MaxBody>>20),
		}
	}
	return body, nil
}

// Decode reads a JSON object into a request. No body is an empty object; members that the request
// does not know are ignored, as AWS does.
func Decode(body []byte, into any) error {
	if len(body) == 0 {
		return nil
	}
	err := json.Unmarshal(body, into)
	if err == nil {
		return nil
	}
	return &Error{http.StatusBadRequest, codeSerialization, explain(err)}
}

// explain says in a caller's words why JSON could not be read.
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

// expected names a Go type in the words of JSON.
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
