package members

import (
	"encoding/json"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// Handle registers what servers ask the members of a cluster.
func (m *Members) Handle(mux *http.ServeMux) {
	mux.HandleFunc("POST "+Path+"accept", m.peerAccept)
	mux.HandleFunc("POST "+Path+"stats", m.peerStats)
	mux.HandleFunc("POST "+Path+"leave", m.peerLeave)
	mux.HandleFunc("POST "+Path+"gossip-key", m.peerGossipKey)
	mux.HandleFunc("POST "+Path+"announce", m.peerAnnounce)
}

func (m *Members) peerAccept(w http.ResponseWriter, r *http.Request) {
	var with proposal
	err := json.NewDecoder(r.Body).Decode(&with)
	if err == nil && len(m.node.Peers()) > 0 {
		err = structs.Errorf(structs.KindConflict, "this server is of a cluster already")
	}
	if err == nil {
		err = m.promise.accept(with, m.alive)
	}
	Answer(w, struct{}{}, err)
}

// statsRequest says who is asked.
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
	default: // it is to do it already
	}
	Answer(w, struct{}{}, nil)
}

// Answer answers a call under Path.
func Answer(w http.ResponseWriter, out any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // the caller's going is the caller's to notice
}
