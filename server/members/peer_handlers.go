package members

import (
	"encoding/json"
	"net/http"

	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/structs"
)

// Routes returns the routes of the calls between the servers of a cluster.
func (m *Members) Routes() []route.Route {
	return []route.Route{
		Route("accept", m.peerAccept),
		Route("stats", m.peerStats),
		Route("leave", m.peerLeave),
		Route("gossip-key", m.peerGossipKey),
		Route("announce", m.peerAnnounce),
	}
}

// Route returns the route of one call between servers.
func Route(call string, answer http.HandlerFunc) route.Route {
	return route.Route{
		Pattern: "POST " + Path + call, Who: route.Server, Where: route.ThisServer, Quiet: true, Handler: answer,
	}
}

func (m *Members) peerAccept(w http.ResponseWriter, r *http.Request) {
	var with proposal
	err := json.NewDecoder(r.Body).Decode(&with)
	if err == nil && len(m.node.Peers()) > 0 {
		err = structs.Errorf(structs.KindConflict, "this server is part of a cluster already")
	}
	if err == nil {
		err = m.promise.accept(with, m.alive)
	}
	Answer(w, struct{}{}, err)
}

// statsRequest names the server that is asked.
type statsRequest struct {
	Server string `json:"server"`
}

func (m *Members) peerStats(w http.ResponseWriter, r *http.Request) {
	var of statsRequest
	err := json.NewDecoder(r.Body).Decode(&of)
	if err == nil && of.Server != m.id {
		err = structs.Errorf(structs.KindConflict, "this is server %s, not %s", m.id, of.Server)
	}
	Answer(w, m.node.Stats(), err)
}

func (m *Members) peerLeave(w http.ResponseWriter, r *http.Request) {
	var id string
	err := json.NewDecoder(r.Body).Decode(&id)
	gone := false
	if err == nil {
		gone, err = m.letLeave(id)
	}
	Answer(w, gone, err)
}

func (m *Members) peerGossipKey(w http.ResponseWriter, _ *http.Request) {
	Answer(w, m.GossipKey(), nil)
}

func (m *Members) peerAnnounce(w http.ResponseWriter, _ *http.Request) {
	select {
	case m.announce <- struct{}{}:
	default: // already requested
	}
	Answer(w, struct{}{}, nil)
}

// Answer writes the answer to a call under Path.
func Answer(w http.ResponseWriter, out any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // fails only if the caller is gone
}
