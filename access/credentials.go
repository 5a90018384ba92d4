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

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/security/sigv4"
	"github.com/gantry-project/gantry/structs"
)

// The refusals, in AWS's words.
var (
	errMissing   = &sigv4.Refusal{Code: "MissingAuthenticationTokenException", Message: "Missing Authentication Token"}
	errUnknown   = &sigv4.Refusal{Code: "UnrecognizedClientException", Message: "The security token included in the request is invalid."}
	errExpired   = &sigv4.Refusal{Code: "ExpiredTokenException", Message: "The security token included in the request is expired"}
	errBehind    = &sigv4.Refusal{Code: "ServiceUnavailableException", Message: "This server does not know the access key. It may lag behind the other servers or be cut off from them. Try again, or ask another server."}
	errElsewhere = &sigv4.Refusal{Code: "AccessDeniedException", Message: "only servers and agents of this installation may call this, and agents only for their own container instance"}
)

// nativeServices are the services that calls of the native API may be signed for. Gantry's own
// client signs for gantry; other tools know only ecs.
var nativeServices = []string{"gantry", "ecs"}

// headerToken is where calls with a temporary key have its token.
const headerToken = "X-Amz-Security-Token"

// credentials returns who holds the key that a call was made with.
func (g *Gate) credentials(r *http.Request, of route.Route) (*control.Caller, error) {
	native := !of.AWS
	services := nativeServices
	if !native {
		services = []string{g.SignedFor(r)}
	}
	switch bearer, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); {
	case ok && native:
		return g.bearer(bearer, r.Header.Get(headerToken))
	case !sigv4.Signed(r):
		return nil, errMissing
	}
	s, err := sigv4.Parse(r, g.Now(), services...)
	if err != nil {
		return nil, err
	}
	caller, secret, err := g.secret(s.ID, r.Header.Get(headerToken))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, structs.MaxBody+1))
	if err != nil || len(body) > structs.MaxBody {
		return nil, &sigv4.Refusal{Code: "RequestEntityTooLargeException", Message: fmt.Sprintf("the request was cut off, or is larger than %d MiB", structs.MaxBody>>20)}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return caller, s.Verify(r, body, secret)
}

func (g *Gate) bearer(key, token string) (*control.Caller, error) {
	id, shown, _ := strings.Cut(key, ":")
	caller, secret, err := g.secret(id, token)
	if err == nil && subtle.ConstantTimeCompare([]byte(secret), []byte(shown)) != 1 {
		err = errUnknown
	}
	return caller, err
}

// secret returns the holder of a key, and the key's secret. The token is that of a temporary key,
// and empty for others.
func (g *Gate) secret(id, token string) (*control.Caller, string, error) {
	if token != "" {
		return g.temporary(id, token)
	}
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
	return &control.Caller{ARN: control.UserARN(key), Key: key.ID, Policy: &key.Policy}, string(secret), nil
}

// temporary is secret for the key of a role's session.
func (g *Gate) temporary(id, token string) (*control.Caller, string, error) {
	if g.Session == nil {
		return nil, "", errUnknown
	}
	key, err := g.Session(token, g.Now(), false)
	switch {
	case errors.Is(err, control.ErrTokenExpired):
		return nil, "", errExpired
	case err != nil && g.Behind():
		return nil, "", errBehind // of the role or the task
	case structs.KindOf(err) == structs.KindAccessDenied:
		return nil, "", &sigv4.Refusal{Code: "AccessDeniedException", Message: err.Error()}
	case err != nil || key.ID != id:
		return nil, "", errUnknown
	}
	return key.Caller, key.Secret, nil
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
