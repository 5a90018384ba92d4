package cluster

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/testutil"
)

// flipRounds is the number of times that TestFlippedBits changes a bit of one of three servers.
const flipRounds = 40

// TestFlippedBits starts one of three servers again and again with a flipped bit on its disk. The
// server reports it and does not start, and then gets everything from the others on an empty disk;
// or nobody reads that bit. What was acknowledged is there, on all servers.
func TestFlippedBits(t *testing.T) {
	inServers(t, func(t *testing.T, s *servers) {
		random := rand.New(rand.NewPCG(1, 0))
		var written []string
		write := func() {
			written = append(written, fmt.Sprintf("%03d", len(written)))
			s.write(written[len(written)-1])
		}
		write()
		var saved bytes.Buffer
		if err := s.Client(s.follower()).SaveSnapshot(t.Context(), &saved); err != nil {
			t.Fatal(err)
		}
		refused := 0
		for round := range flipRounds {
			if round%20 == 0 { // a restored state is a snapshot on each server
				if _, err := s.Client(s.Leader()).RestoreSnapshot(t.Context(), bytes.NewReader(saved.Bytes()), true); err != nil {
					t.Fatal(err)
				}
				written = written[:1]
			}
			down := s.Leader()
			if round%2 == 0 {
				down = s.follower()
			}
			s.Crash(down)
			s.Eventually("the others go on", func() bool { return s.Leader() > 0 })
			write()
			what := testutil.FlipBit(t, s.DataDir(down), random.IntN)
			if err := s.TryStart(down); err != nil {
				if !strings.Contains(err.Error(), " is damaged (") || !strings.Contains(err.Error(), "move ") {
					t.Errorf("with %s changed it does not start: %v", what, err)
				}
				refused++
				s.Replace(down)
				s.Start(down)
			}
			s.Eventually("all vote, and nobody else is a peer", s.allVote)
			write()
			s.Eventually("all have one state", s.oneState)
			s.has(written...)
		}
		t.Logf("%d of %d are refused", refused, flipRounds)
		if refused < flipRounds/4 {
			t.Errorf("only %d of %d are refused", refused, flipRounds)
		}
	})
}

// allVote reports whether the peers are the three servers, each with a vote.
func (s *servers) allVote() bool {
	leader := s.Leader()
	if leader == 0 {
		return false
	}
	votes := map[string]bool{}
	for _, p := range s.Server(leader).RaftPeers(s.t.Context()).Peers {
		votes[p.ID] = p.Voter
	}
	return len(votes) == 3 && votes[s.ID(1)] && votes[s.ID(2)] && votes[s.ID(3)]
}
