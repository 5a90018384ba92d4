package server

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gantry-project/gantry/server/members"
	"github.com/gantry-project/gantry/structs"
)

// Peers is the handler of what servers ask each other. The listener must let only servers reach it.
func (s *Server) Peers() http.Handler {
	mux := http.NewServeMux()
	s.members.Handle(mux)
	mux.HandleFunc("POST "+members.Path+"leases", s.peerLeases)
	mux.HandleFunc("POST "+members.Path+"led", s.peerLed)
	return mux
}

// peerLeases takes in the beats that another server heard.
func (s *Server) peerLeases(w http.ResponseWriter, r *http.Request) {
	var report heardReport
	err := json.NewDecoder(r.Body).Decode(&report)
	l := s.leader.Load()
	if err == nil && l == nil {
		err = structs.ErrNoLeader()
	}
	if err == nil {
		now, beats := time.Now(), map[string]time.Time{}
		for instance, age := range report.Heard {
			beats[instance] = now.Add(-time.Duration(age) * time.Millisecond)
		}
		l.leases.hear(beats)
	}
	members.Answer(w, struct{}{}, err)
}

// peerLed says whether this server leads or hears the leader.
func (s *Server) peerLed(w http.ResponseWriter, _ *http.Request) {
	members.Answer(w, s.hearsLeader(), nil)
}
