package httpapi

import (
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

func (a *api) members(w http.ResponseWriter, _ *http.Request) {
	a.answer(w, http.StatusOK, structs.MemberList{Members: a.Members()})
}

// leader answers with the leader's address, as Consul and Nomad do.
func (a *api) leader(w http.ResponseWriter, _ *http.Request) {
	leader := a.Leader()
	if leader == "" {
		a.fail(w, structs.ErrNoLeader())
		return
	}
	a.answer(w, http.StatusOK, leader)
}

func (a *api) raftPeers(w http.ResponseWriter, r *http.Request) {
	a.answer(w, http.StatusOK, a.Server.RaftPeers(r.Context()))
}

func (a *api) leave(w http.ResponseWriter, r *http.Request) {
	if err := a.Server.Leave(r.Context()); err != nil {
		a.fail(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (a *api) rotateGossipKey(w http.ResponseWriter, r *http.Request) {
	done, err := a.Server.RotateGossipKey(r.Context())
	if err != nil {
		a.fail(w, err)
		return
	}
	a.answer(w, http.StatusOK, done)
}
