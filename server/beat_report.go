package server

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// leaseReport is how often a server reports the beats that it heard to the leader.
	leaseReport = 500 * time.Millisecond
	// cutOffAfter is how long a server fails to reach the leader before it checks whether its
	// agents are better off with another server. Elections are usually over by then.
	cutOffAfter = time.Second
)

// heardReport is a server's report to the leader: how many milliseconds ago it heard each instance.
// These are ages because clocks differ.
type heardReport struct {
	Heard map[string]int64 `json:"heard"`
}

// reportBeats reports the beats that this server hears to the present leader, until ctx ends.
func (s *Server) reportBeats(ctx context.Context) {
	tick := time.NewTicker(leaseReport)
	defer tick.Stop()
	var failing time.Time // since when reports fail; zero if they do not
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.beats.first:
		}
		taken, began := s.beats.take(), time.Now()
		if len(taken) == 0 && failing.IsZero() {
			continue
		}
		if err := s.tellBeats(ctx, taken); err != nil {
			s.log.Debug("could not tell the leader about its agents; trying again", "error", err)
			s.beats.giveBack(taken)
			if failing.IsZero() {
				failing = began
			}
			// The first report to a leader that vanished hangs. By the time it fails there may be
			// another leader.
			failed := began.Sub(failing) >= cutOffAfter || time.Since(failing) >= cutOffAfter && !s.hearsLeader()
			s.beats.cutOff.Store(failed && s.othersHearLeader(ctx))
			continue
		}
		failing = time.Time{}
		s.beats.known(taken)
		s.beats.cutOff.Store(false)
	}
}

func (s *Server) tellBeats(ctx context.Context, taken map[string]time.Time) error {
	if l := s.leader.Load(); l != nil {
		l.leases.hear(taken)
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// a leader that vanished never answers
	defer context.AfterFunc(s.node.LeaderContext(), cancel)()
	address := s.leaderHTTP()
	if address == "" {
		return structs.ErrNoLeader()
	}
	report := heardReport{Heard: map[string]int64{}}
	for instance, at := range taken {
		report.Heard[instance] = time.Since(at).Milliseconds()
	}
	return s.members.Call(ctx, address, "leases", report, nil)
}
