package httpapi

import "net/http"

func (a *api) loadBalancers(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.LoadBalancers(r.Context())
	a.answerOr(w, out, err)
}

func (a *api) trafficStats(w http.ResponseWriter, r *http.Request) {
	out, err := a.Control.TrafficStats(r.Context())
	a.answerOr(w, out, err)
}
