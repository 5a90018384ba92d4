package access

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/security/sigv4"
	"github.com/gantry-project/gantry/structs"
)

// The refusals, in AWS's words.
var (
	errMissing   = &sigv4.Refusal{Code: "MissingAuthenticationTokenException", Message: "Missing Authentication Token"}
	errUnknown   = &sigv4.Refusal{Code: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	errBehind    = &sigv4.Refusal{Code: "ServiceUnavailableException", Message: "This server does not know the access key. It may lag behind the other servers or be cut off from them. Try again, or ask another server."}
	errElsewhere = &sigv4.Refusal{Code: "AccessDeniedException", Message: "only servers and agents of this installation may call this, and agents only for their own container instance"}
)

// nativeServices are the services that calls of the native API may be signed for. Gantry's own
// client signs for gantry; other tools know only ecs.
var nativeServices = []string{"gantry", "ecs"}

// credentials returns the key that a call was made with.
func (g *Gate) credentials(r *http.Request, of route.Route) (*structs.AccessKey, error) {
	native := !of.AWS
	services := nativeServices
	if !native {
		services = []string{g.SignedFor(r)}
	}
	switch token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); {
	case bearer && native:
		return g.bearer(token)
	case !sigv4.Signed(r):
		return nil, errMissing
	}
	s, err := sigv4.Parse(r, g.Now(), services...)
	if err != nil {
		return nil, err
	}
	key, secret, err := g.secret(s.ID)
	if err != nil {
		return nil, err
	}
	// it comes with temporary credentials, which do not exist here
	if r.Header.Get("X-Amz-Security-Token") != "" {
		return nil, errUnknown
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, structs.MaxBody+1))
	if err != nil || len(body) > structs.MaxBody {
		return nil, &sigv4.Refusal{Code: "RequestEntityTooLargeException", Message: fmt.Sprintf("the request was cut off, or is larger than %d MiB", structs.MaxBody>>20)}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := s.Verify(r, body, secret); err != nil {
		return nil, err
	}
	return key, nil
}

func (g *Gate) bearer(token string) (*structs.AccessKey, error) {
	id, shown, _ := strings.Cut(token, ":")
	key, secret, err := g.secret(id)
	if err == nil && subtle.ConstantTimeCompare([]byte(secret), []byte(shown)) != 1 {
		err = errUnknown
	}
	return key, err
}

// secret returns an access key and its secret.
func (g *Gate) secret(id string) (*structs.AccessKey, string, error) {
	key := g.Keys(id)
	switch {
	case key == nil && g.Behind():
		return nil, "", errBehind
	case key == nil:
		return nil, "", errUnknown
	}
	secret, err := g.Secrets.Open(structs.AccessKeySealName(id), key.Sealed)
	if err != nil {
		g.Logger.Error("cannot decrypt an access key", "key", id, "error", err)
		return nil, "", errUnknown
	}
	return key, string(secret), nil
}

// refuse answers in the protocol of the caller. For the native API, that is its own form and AWS
// JSON at once.
func (g *Gate) refuse(w http.ResponseWriter, r *http.Request, of route.Route, err error) {
	told, ok := errors.AsType[*sigv4.Refusal](err)
	if !ok {
		told = errMissing
	}
	status := http.StatusBadRequest // as AWS's JSON services do
	switch {
	case told == errBehind:
		status = http.StatusServiceUnavailable
	case !of.AWS:
		status = http.StatusForbidden
	}
	if of.AWS {
		g.Refuse(w, r, status, told.Code, told.Message)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{ // a caller that has gone does not read it
		"__type": told.Code, "message": told.Message,
		"error": map[string]any{"code": strings.TrimSuffix(told.Code, "Exception"), "message": told.Message},
	})
}
