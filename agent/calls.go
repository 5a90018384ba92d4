package agent

import "net/http"

// calls returns the handler of the calls that servers make to this agent.
func (a *Agent) calls(instance string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /exec/", a.exec.Handler())
	if a.logs != nil {
		mux.Handle("/logs/", a.logs.Handler())
	}
	mux.Handle("POST /traffic/stats", a.trafficCalls(instance))
	return mux
}
