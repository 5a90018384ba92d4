package server_test

import (
	"context"
	"testing"
	"time"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// A transfer of leadership that is tried twice while the others' disks are slow, and then
// interrupted, leaves raft in a state in which it refuses writes forever when it is elected again.
// Then the server ends. When it is started again, it takes writes.
func TestInterruptedTransfer(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		s := testutil.NewServers(t, 3)
		s.Start(1, 2, 3)
		s.Eventually("a leader stands", func() bool { return s.Leader() > 0 })
		// Chance decides what raft handles first when two things are ready, and who is elected.
		for range 30 {
			leader := s.Leader()
			a, b := leader%3+1, (leader+1)%3+1
			defer interruptTransfer(s, leader, a, b)()
			s.MendDisk(a)
			s.Crash(b)
			s.Network.MendAll()
			ended := 0
			s.Eventually("writes are taken", func() bool {
				for _, n := range s.Running() {
					if s.Failed(n) {
						ended = n
						s.Crash(n)
						s.Start(n)
					}
				}
				return s.Leader() > 0 && writes(s, s.Leader())
			})
			s.Start(b)
			if ended > 0 {
				return
			}
			s.Eventually("all vote again", func() bool { return s.Leader() > 0 && len(s.Server(s.Leader()).Members()) == 3 })
		}
		t.Error("no transfer got stuck")
	})
}

// writes reports whether a server takes a write.
func writes(s *testutil.Servers, n int) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err := s.Control(n).CreateCluster(ctx, structs.Cluster{Name: "other"}, nil)
	return err == nil
}

// interruptTransfer makes a leader try twice to hand over to servers whose disks are slow, and lose
// leadership meanwhile.
func interruptTransfer(s *testutil.Servers, leader, a, b int) (free func()) {
	s.StallDisk(a)
	s.StallDisk(b)
	go writes(s, leader) // an entry that the others do not have
	time.Sleep(100 * time.Millisecond)
	node := s.Server(leader)
	free = node.FreeTransfers()
	_ = node.Transfer(s.ID(a))
	time.Sleep(200 * time.Millisecond)
	go node.Transfer(s.ID(a))
	time.Sleep(100 * time.Millisecond)
	for _, n := range []int{a, b} {
		s.Network.Cut(s.Host(leader), s.Host(n))
		s.Network.Cut(s.Host(n), s.Host(leader))
	}
	time.Sleep(time.Second)
	return free
}
