package check

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// emptyMessage is a gRPC message without any field: every request type takes it.
func emptyMessage() io.Reader { return bytes.NewReader(make([]byte, 5)) }

// mostMessage is how much of the answer of a gRPC check is read, in bytes.
const mostMessage = 1 << 20

// grpcStatus returns the code of gRPC that an answer has in its trailers, or in its head if it has
// no body.
func grpcStatus(answer *http.Response) (int, error) {
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the answer has status %d of HTTP, and none of gRPC", answer.StatusCode)
	}
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, mostMessage)); err != nil {
		return 0, err
	}
	text := answer.Trailer.Get("Grpc-Status")
	if text == "" {
		text = answer.Header.Get("Grpc-Status")
	}
	code, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("the answer has no grpc-status, but %q", text)
	}
	return code, nil
}
