package server

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/server/members"
	"github.com/gantry-project/gantry/structs"
)

// Peers returns the routes of the calls between servers.
func (s *Server) Peers() *route.Table {
	return route.New(append(s.members.Routes(),
		members.Route("leases", s.peerLeases),
		members.Route("led", s.peerLed),
		s.reach.Route(),
	)...)
}

// peerLeases receives the beats that another server heard.
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

// peerLed answers whether this server leads or hears the leader.
func (s *Server) peerLed(w http.ResponseWriter, _ *http.Request) {
	members.Answer(w, s.hearsLeader(), nil)
}
