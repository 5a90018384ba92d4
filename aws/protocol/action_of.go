package protocol

import (
	"bytes"
	"cmp"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxHead is how many bytes of a form are read to find its action. SDKs send the action first.
const maxHead = 16 << 10

// ActionOf returns the action that a request asks for, such as "ecs:RunTask", before a service has
// seen it; empty if it names none. A service that is not among apis is the one that the request is
// signed for, or "aws". The body can be read as before.
func ActionOf(r *http.Request, apis []*API) string {
	service, operation := cmp.Or(scopeOf(r.Header.Get("Authorization")).service, "aws"), ""
	switch protocolOf(r).(type) {
	case JSON:
		_, operation, _ = strings.Cut(r.Header.Get(headerTarget), ".")
		for _, api := range apis {
			if api.Targeted(r) {
				service = api.SigningName
			}
		}
	case Query, EC2:
		// the last parameter may be cut off; the others are there all the same
		form, _ := url.ParseQuery(string(peek(r)))
		operation = form.Get("Action")
	}
	if operation == "" {
		return ""
	}
	return service + ":" + operation
}

// peek returns the beginning of a request's body, and puts it back.
func peek(r *http.Request) []byte {
	body := r.Body
	// whoever reads on gets the error again
	head, _ := io.ReadAll(io.LimitReader(body, maxHead))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), body), body}
	return head
}
