package server

import (
	"github.com/gantry-project/gantry/server/reach"
	"github.com/gantry-project/gantry/structs"
)

// newReach returns what calls the agents, those that are connected to other servers too.
func (s *Server) newReach() *reach.Reach {
	c := reach.Config{Logger: s.log}
	if s.members != nil {
		c.Transport, c.Scheme = s.members.Upgrades(), s.members.Scheme()
		c.Peers = func() (list []string) {
			for _, m := range s.members.All() {
				if m.Role == structs.RoleServer && m.ID != s.dir.ID && m.Status == structs.MemberAlive {
					list = append(list, m.HTTP)
				}
			}
			return list
		}
	}
	return reach.New(c)
}
