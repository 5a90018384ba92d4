package server

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// leaseReport is how often a server tells the leader which beats it heard.
	leaseReport = 500 * time.Millisecond
	// cutOffAfter is how long a server cannot reach the leader before it checks whether its agents
	// are better off with another server. An election is mostly over by then.
	cutOffAfter = time.Second
)

// heardReport is what a server tells the leader: how many milliseconds ago it heard each instance.
// They are ages because clocks differ.
type heardReport struct {
	Heard map[string]int64 `json:"heard"`
}

// reportBeats tells the leader, whoever that is, which beats this server heard, until ctx ends.
func (s *Server) reportBeats(ctx context.Context) {
	tick := time.NewTicker(leaseReport)
	defer tick.Stop()
	var failing time.Time // since when the leader cannot be told; zero: it can
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
			// The first report to a leader that vanished hangs. There may be another leader by the
			// time that it fails.
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
