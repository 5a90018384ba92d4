package cluster

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// awsvpcUp returns the running tasks of a service by host, and what is wrong with their addresses.
func (s *servers) awsvpcUp() (hosts []string, wrong []string) {
	leader := s.Leader()
	if leader == 0 {
		return nil, []string{"no leader"}
	}
	j := &comparison{snap: testutil.StateOf(s.t, s.Control(leader))}
	for _, t := range s.tasks() {
		if t.LastStatus == structs.TaskRunning && t.DesiredStatus == structs.TaskRunning && t.Address != "" {
			hosts = append(hosts, s.hostOf(t))
		}
	}
	j.addresses(s.Networks)
	slices.Sort(hosts)
	return hosts, j.wrong
}

// awaitAwsvpc waits until so many tasks are up on these hosts, and all addresses are in order.
func (s *servers) awaitAwsvpc(count int, hosts ...string) {
	s.t.Helper()
	var up, wrong []string
	defer func() {
		if s.t.Failed() {
			s.t.Logf("tasks are up on %v; wrong: %s", up, strings.Join(wrong, "; "))
		}
	}()
	s.Eventually(fmt.Sprintf("%d awsvpc tasks run on %v", count, hosts), func() bool {
		up, wrong = s.awsvpcUp()
		return len(wrong) == 0 && len(up) == count && slices.Equal(slices.Compact(slices.Clone(up)), hosts)
	})
}

// TestTwoInstancesWithOneBlockAfterARestore: an instance registers after a snapshot, which is then
// restored while the instance is cut off. Another one gets its block. When the first returns, with
// tasks in that block, it gets another block, and its tasks end before they could share addresses
// with the other's for long. All this holds when all servers crash.
func TestTwoInstancesWithOneBlockAfterARestore(t *testing.T) {
	inServers(t, func(t *testing.T, s *servers) {
		s.StartAgent("10.0.1.1", "a")
		put := func(count int) {
			t.Helper()
			file := fmt.Appendf(nil, `{"name": "net", "type": "daemon", "networkMode": "awsvpc", "containers": [{"name": "app", "image": "web", "memory": %d}]}`, 16+count)
			s.Eventually("the job is put", func() bool {
				_, err := s.Client(s.follower()).PutJob(t.Context(), file, "")
				return err == nil
			})
		}
		put(1)
		s.awaitAwsvpc(1, "10.0.1.1")
		var saved bytes.Buffer
		if err := s.Client(s.follower()).SaveSnapshot(t.Context(), &saved); err != nil {
			t.Fatal(err)
		}

		s.StartAgent("10.0.1.2", "a")
		s.awaitAwsvpc(2, "10.0.1.1", "10.0.1.2")
		block := s.instance("10.0.1.2").Network.Block
		s.StopAgent("10.0.1.2")
		if _, err := s.Client(s.follower()).RestoreSnapshot(t.Context(), bytes.NewReader(saved.Bytes()), true); err != nil {
			t.Fatal(err)
		}
		s.StartAgent("10.0.1.3", "a")
		s.awaitAwsvpc(2, "10.0.1.1", "10.0.1.3")
		if got := s.instance("10.0.1.3").Network.Block; got != block || s.Networks.Of("10.0.1.2").Block() != block {
			t.Fatalf("the other instance has %s, not %s, which the first remembers", got, block)
		}
		if len(s.Networks.Of("10.0.1.2").Tasks()) != 1 {
			t.Fatal("the first has no task in the block")
		}

		s.StartAgent("10.0.1.2", "a")
		s.awaitAwsvpc(3, "10.0.1.1", "10.0.1.2", "10.0.1.3")
		if got := s.instance("10.0.1.3").Network.Block; got != block {
			t.Errorf("the other instance has %s now, not %s", got, block)
		}
		for n := 1; n <= 3; n++ {
			s.Crash(n)
		}
		s.Start(1, 2, 3)
		s.awaitAwsvpc(3, "10.0.1.1", "10.0.1.2", "10.0.1.3")
	})
}
