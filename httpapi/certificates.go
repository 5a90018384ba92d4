package httpapi

import (
	"context"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

func (a *api) certificates(w http.ResponseWriter, r *http.Request) {
	out, err := a.Certificates.List(r.Context())
	a.answerOr(w, out, err)
}

// certificateAuthority answers a file for curl --cacert.
func (a *api) certificateAuthority(w http.ResponseWriter, r *http.Request) {
	out, err := a.Certificates.Root(r.Context())
	if err != nil {
		a.fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-pem-file")
	_, _ = w.Write(out) // a client that went away
}

// ingressCertificates holds the question of an ingress instance until there is something new.
func (a *api) ingressCertificates(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	go func() {
		select {
		case <-a.Closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	query := r.URL.Query()
	out, err := a.Certificates.Ingress(ctx, query.Get("instance"), query.Get("digest"))
	a.answerOr(w, out, err)
}

func (a *api) acmeCall(w http.ResponseWriter, r *http.Request) {
	var in structs.ACMECall
	if !a.decode(w, r, &in) {
		return
	}
	out, err := a.Certificates.ACMECall(r.Context(), r.URL.Query().Get("instance"), in)
	a.answerOr(w, out, err)
}
