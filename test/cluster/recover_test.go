package cluster

import (
	"strings"
	"testing"
)

// One of three servers is left. One command makes it a cluster with everything that it knew, and
// two new servers join it and vote.
func TestRecoverSurvivor(t *testing.T) {
	inServers(t, func(t *testing.T, s *servers) {
		s.write("a")
		s.Eventually("all three have it", s.oneState)
		if _, err := s.Recovery(1); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("a server that runs can be recovered: %v", err)
		}
		for n := 1; n <= 3; n++ {
			s.Crash(n)
		}
		r, err := s.Recovery(1)
		if err != nil {
			t.Fatal(err)
		}
		if r.Address != "10.0.0.1:5748" || len(r.Others) != 2 || r.LastIndex == 0 {
			t.Errorf("it would recover %+v", r)
		}
		if err := r.Run(); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		s.Start(1)
		s.Eventually("the one leads", func() bool { return s.Leader() == 1 })
		s.write("b")
		s.has("a", "b")
		s.Start(4, 5)
		s.Eventually("three vote", func() bool { return s.voters() == 3 })
		s.Crash(1)
		s.Eventually("the new ones go on", func() bool { return s.Leader() > 0 })
		s.write("c")
		s.has("a", "b", "c")

		if _, err := s.Recovery(9); err == nil || !strings.Contains(err.Error(), "not the data directory") {
			t.Errorf("an empty directory can be recovered: %v", err)
		}
	})
}
