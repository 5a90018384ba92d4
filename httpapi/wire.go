package httpapi

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// decode reads a JSON body. If it cannot, it answers the call and returns false. The content type
// must be JSON: a web page cannot send that to another origin without permission.
func (a *api) decode(w http.ResponseWriter, r *http.Request, into any) bool {
	return a.decodeWith(w, r, into, func(*json.Decoder) {})
}

// decodeStrict is decode for what people write: unknown members are errors.
func (a *api) decodeStrict(w http.ResponseWriter, r *http.Request, into any) bool {
	return a.decodeWith(w, r, into, (*json.Decoder).DisallowUnknownFields)
}

func (a *api) decodeWith(w http.ResponseWriter, r *http.Request, into any, set func(*json.Decoder)) bool {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		a.refuse(w, http.StatusUnsupportedMediaType, structs.KindInvalidParameter, "send the body as Content-Type: application/json")
		return false
	}
	body := json.NewDecoder(http.MaxBytesReader(w, r.Body, structs.MaxBody))
	set(body)
	if err := body.Decode(into); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			a.refuse(w, http.StatusRequestEntityTooLarge, structs.KindInvalidParameter, err.Error())
			return false
		}
		a.refuse(w, http.StatusBadRequest, structs.KindInvalidParameter, "the request's body is not the JSON that this call takes: "+err.Error())
		return false
	}
	return true
}

func (a *api) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		a.Logger.Debug("could not write an answer", "error", err)
	}
}

// fail answers with an error. Errors of structs are shown as they are; others are logged and shown
// as an internal error.
func (a *api) fail(w http.ResponseWriter, err error) {
	kind := structs.KindOf(err)
	message := err.Error()
	if kind == structs.KindInternal {
		a.Logger.Error("a call failed", "error", err)
		message = "internal error"
	}
	a.refuse(w, statusOf(kind), kind, message)
}

func (a *api) refuse(w http.ResponseWriter, status int, code structs.Kind, message string) {
	a.answer(w, status, map[string]any{"error": map[string]any{"code": code, "message": message}})
}

func statusOf(kind structs.Kind) int {
	switch kind {
	case structs.KindInternal:
		return http.StatusInternalServerError
	case structs.KindUnavailable:
		return http.StatusServiceUnavailable
	case structs.KindAccessDenied:
		return http.StatusForbidden
	case structs.KindClusterNotFound, structs.KindResourceNotFound:
		return http.StatusNotFound
	case structs.KindConflict, structs.KindAlreadyExists, structs.KindDeleteConflict:
		return http.StatusConflict
	case structs.KindUnsupportedFeature:
		return http.StatusNotImplemented
	}
	return http.StatusBadRequest
}
