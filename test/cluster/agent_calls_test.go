package cluster

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// Every server can call an agent, whichever server it is connected to, also after that server has
// crashed. An agent that is gone cannot be called, and that is said.
func TestEveryServerCallsAnAgent(t *testing.T) {
	inServers(t, func(t *testing.T, s *servers) {
		s.StartAgent("10.0.1.1", "a")
		s.Eventually("the agent is ready", func() bool { return s.Agent("10.0.1.1").Ready() })
		instance := s.Agent("10.0.1.1").Instance()
		called := func(n int) bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			r, _ := http.NewRequestWithContext(ctx, http.MethodGet, "/nothing", nil)
			resp, err := s.Control(n).CallAgent(instance, r)
			if err != nil {
				return false
			}
			defer resp.Body.Close()
			return resp.StatusCode == http.StatusNotFound // the agent's own answer
		}
		for _, n := range s.Running() {
			s.Eventually("the agent answers", func() bool { return called(n) })
		}
		s.Crash(s.Leader())
		s.Eventually("a leader stands", func() bool { return s.Leader() > 0 })
		for _, n := range s.Running() {
			s.Eventually("the agent answers", func() bool { return called(n) })
		}
		s.StopAgent("10.0.1.1")
		s.Eventually("nobody answers", func() bool { return !called(s.Leader()) })
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "/nothing", nil)
		if _, err := s.Control(s.Leader()).CallAgent(instance, r); structs.KindOf(err) != structs.KindUnavailable {
			t.Errorf("the call of an agent that is gone: %v", err)
		}
	})
}
