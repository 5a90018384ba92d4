package protocol

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
)

const (
	contentType     = "application/x-amz-json-1.1"
	headerRequestID = "x-amzn-RequestId"
)

// filler is a response that knows which of its lists clients expect to find, empty or not.
type filler interface{ FillLists() }

// write sends a value as AWS JSON.
func write(w http.ResponseWriter, status int, v any) error {
	if f, ok := v.(filler); ok {
		f.FillLists()
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	w.WriteHeader(status)
	// A caller that went away meanwhile is no fault of ours, and nobody is left to tell.
	_, _ = w.Write(b.Bytes())
	return nil
}
