package hosts

import (
	"cmp"
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/gantry-project/gantry/testutil/hosts"
)

const (
	// faultTime is how long a fault lasts after writes are accepted again.
	faultTime = 2 * time.Second
	// goesOn bounds the time without a write while most servers are well, on a busy machine. It is
	// less than the time that a call waits for its answer, so a call that hangs is not taken for
	// one that is late.
	goesOn = 15 * time.Second
	// hangs bounds the time without a write when the leader's disk hangs: a write may take 11
	// seconds until the disk counts as hanging.
	hangs = 20*time.Second + goesOn
)

// serverFault is something that happens to a server.
type serverFault struct {
	name     string
	happen   func(*hosts.Server) error
	follower bool // it happens to a follower, not to the leader
	rare     bool // it is tried in random runs alone
	// within bounds the time until writes are accepted again. Zero: goesOn.
	within time.Duration
}

func serverFaults() []serverFault {
	kill := func(s *hosts.Server) error { s.Kill(); return nil }
	hang := func(s *hosts.Server) error { return s.HangDisk() }
	freeze := func(s *hosts.Server) error { s.Freeze(); return nil }
	return []serverFault{
		{name: "the leader is killed", happen: kill},
		{name: "the leader freezes", happen: freeze},
		{name: "the leader is cut off", happen: func(s *hosts.Server) error { return s.Cut() }},
		{name: "the leader hears nobody", happen: func(s *hosts.Server) error { return s.Deafen() }},
		{name: "nobody hears the leader", happen: func(s *hosts.Server) error { return s.Mute() }},
		{name: "the leader loses packets", happen: func(s *hosts.Server) error { return s.Lose(0.1) }},
		{name: "the leader's link is slow", happen: func(s *hosts.Server) error { return s.Slow("512kbit") }, rare: true},
		{name: "a follower is killed", happen: kill, follower: true, rare: true},
		{name: "a follower freezes", happen: freeze, follower: true, rare: true},
		{name: "the leader's disk hangs", happen: hang, within: hangs, rare: true},
		{name: "a follower's disk hangs", happen: hang, follower: true, rare: true},
		{name: "nobody hears a follower", happen: func(s *hosts.Server) error { return s.Mute() }, follower: true},
	}
}

// testServers: callers do not notice what happens to one server. The others go on within seconds,
// every answer is true, and a RunTask with a token is carried out once.
func testServers(t *testing.T, w *harness) {
	calls := record(t, w, 1)
	tokens := runTokens(t, w)
	for _, fault := range serverFaults() {
		if !fault.rare {
			w.serverFault(t, fault)
		}
	}
	calls.finish(t)
	tokens.finish(t)
}

// serverFault makes a fault happen, checks that the cluster goes on, and ends the fault.
func (w *harness) serverFault(t *testing.T, fault serverFault) {
	t.Helper()
	leader, follower, err := w.Leader(w.ctx)
	if err != nil {
		t.Fatalf("%s: %v", fault.name, err)
	}
	hit, other := leader, follower
	if fault.follower {
		hit, other = follower, leader
	}
	if err := fault.happen(hit); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for err := w.write(other); err != nil; err = w.write(other) {
		if limit := cmp.Or(fault.within, goesOn); time.Since(began) > limit {
			t.Fatalf("%s (%s): no write for %v: %v", fault.name, hit.Host.Name, limit, err)
		}
		pause(20 * time.Millisecond)
	}
	t.Logf("%s (%s): a write through %s after %.2f s", fault.name, hit.Host.Name, other.Host.Name, time.Since(began).Seconds())
	pause(faultTime)
	w.mend(t)
}

// write makes a change through a healthy server.
func (w *harness) write(s *hosts.Server) error {
	ctx, cancel := context.WithTimeout(w.ctx, goesOn)
	defer cancel()
	_, err := s.ECS().CreateCluster(ctx, &ecs.CreateClusterInput{ClusterName: aws.String("default")})
	return err
}
