package cluster

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// settled reports whether exactly the instances with these names are connected, and the service is
// up.
func (s *servers) settled(names ...string) bool {
	leader := s.Leader()
	if leader == 0 || total(s.up()) != 6 || s.containersUp() != 6 {
		return false
	}
	var got []string
	for i := range testutil.StateOf(s.t, s.Control(leader)).AllInstances() {
		if i.AgentConnected {
			got = append(got, i.Name)
		}
	}
	slices.Sort(got)
	return slices.Equal(got, names)
}

func (s *servers) oneState() bool {
	leader := s.Leader()
	if leader == 0 {
		return false
	}
	dump := func(n int) string { return testutil.Dump(s.t, testutil.StateOf(s.t, s.Control(n)).Fork()) }
	want := dump(leader)
	return !slices.ContainsFunc(s.Running(), func(n int) bool { return dump(n) != want })
}

// A snapshot of a working cluster is restored later, while agents run tasks. What was written since
// is gone on all servers. Agents that the snapshot does not know, or knows from before, register
// again, and nothing runs twice. All this survives restarts.
func TestSnapshotSaveAndRestore(t *testing.T) {
	inCluster(t, func(t *testing.T, s *servers) {
		ctx := t.Context()
		var saved bytes.Buffer
		if err := s.Client(s.follower()).SaveSnapshot(ctx, &saved); err != nil {
			t.Fatal(err)
		}

		s.write("since")
		s.StartAgent("10.0.1.9", "a")
		// It registers again, so that its registration is newer than the snapshot's.
		s.StopAgent("10.0.1.2")
		s.StartAgent("10.0.1.2", "b")
		s.must("the service is larger", func(c *control.Control) error {
			_, err := c.UpdateService(ctx, control.UpdateServiceInput{
				Cluster: structs.DefaultCluster, Name: "web", ServiceChange: control.ServiceChange{Count: new(9)},
			})
			return err
		})
		s.Eventually("nine run", func() bool { return s.containersUp() == 9 })
		time.Sleep(5 * time.Second) // meanwhile one moves to the new instance, for balance

		damaged := bytes.Clone(saved.Bytes())
		damaged[len(damaged)/2] ^= 1
		for name, c := range map[string]struct {
			file    []byte
			replace bool
			kind    structs.Kind
		}{
			"damaged":   {damaged, true, structs.KindInvalidParameter},
			"cut short": {saved.Bytes()[:saved.Len()-40], true, structs.KindInvalidParameter},
			"no --yes":  {saved.Bytes(), false, structs.KindConflict},
		} {
			if _, err := s.Client(s.follower()).RestoreSnapshot(ctx, bytes.NewReader(c.file), c.replace); structs.KindOf(err) != c.kind {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s.containersUp() != 9 {
			t.Error("a restore that was refused changed something")
		}

		before := testutil.StateOf(t, s.Control(s.Leader())).Index()
		info, err := s.Client(s.follower()).RestoreSnapshot(ctx, bytes.NewReader(saved.Bytes()), true)
		if err != nil {
			t.Fatal(err)
		}
		if info.Index >= before {
			t.Fatalf("the snapshot is of index %d, the cluster of %d", info.Index, before)
		}
		if index := testutil.StateOf(t, s.Control(s.Leader())).Index(); index <= before {
			t.Errorf("after the restore the index is %d, before it was %d", index, before)
		}
		all := []string{"10.0.1.1", "10.0.1.2", "10.0.1.3", "10.0.1.9"}
		s.Eventually("the service is as it was saved, on agents that are all back", func() bool { return s.settled(all...) && s.oneState() })
		time.Sleep(time.Minute)
		if !s.settled(all...) || !s.oneState() {
			t.Errorf("a minute later %v are up, in %d containers", s.up(), s.containersUp())
		}

		for n := 1; n <= 3; n++ {
			s.Crash(n)
		}
		s.Start(1, 2, 3)
		s.Eventually("all are back after a crash of all servers", func() bool { return s.settled(all...) && s.oneState() })
	})
}
