package httpapi

import (
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

func (a *api) rotateSecretKey(w http.ResponseWriter, r *http.Request) {
	out, err := a.Vault.RotateKey(r.Context())
	a.answerOr(w, out, err)
}

// taskSecrets answers an agent with the values that a task of its instance starts with.
func (a *api) taskSecrets(w http.ResponseWriter, r *http.Request) {
	var in structs.TaskSecretsRequest
	if !a.decode(w, r, &in) {
		return
	}
	out, err := a.Vault.TaskSecrets(r.Context(), r.URL.Query().Get("instance"), in)
	a.answerOr(w, out, err)
}
