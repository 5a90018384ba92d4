package cluster

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// plantedCrash kills a host just before the nth thing that it sends after crashAt: nothing from
// there on reaches anybody. A host shows what it does only by what it sends, so this is a crash at
// every step that others can tell from the next.
type plantedCrash struct {
	mu     sync.Mutex
	host   string
	left   int
	sprung chan struct{} // closed when the host is dead
}

func crashAt(network *testutil.Network, host string, n int) *plantedCrash {
	p := &plantedCrash{host: host, left: n, sprung: make(chan struct{})}
	network.SetFilter(p.passes)
	return p
}

func (p *plantedCrash) passes(from, _ string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if from != p.host {
		return true
	}
	if p.left == 0 {
		close(p.sprung)
	}
	p.left--
	return p.left >= 0
}

func (p *plantedCrash) isSprung() bool {
	select {
	case <-p.sprung:
		return true
	default:
		return false
	}
}

// The leader dies at every step of a RunTask, from the call to the report that the task is RUNNING,
// while the agent has its stream at the leader or at another server. The caller asks again with its
// client token. Each time there is one job, with one task, which runs in one container, and the
// service beside it is undisturbed.
func TestLeaderDiesAtEveryStepOfRunTask(t *testing.T) {
	for _, own := range []bool{true, false} {
		t.Run(fmt.Sprintf("agent at the leader %v", own), func(t *testing.T) {
			step := 0
			for sprung := true; sprung; step++ {
				faketime.Test(t, func(t *testing.T) { sprung = dieAt(t, step, own) })
				if t.Failed() {
					t.Fatalf("the leader died before the thing %d that it sent", step)
				}
			}
			t.Logf("%d steps", step)
			if step < 10 {
				t.Error("the leader sends more than that")
			}
		})
	}
}

// dieAt is one crash. It returns false if everything was over before it.
func dieAt(t *testing.T, step int, own bool) bool {
	w := newCluster(t, 3, 0)
	for n := range 3 {
		w.Start(n + 1)
	}
	w.Eventually("a leader stands", func() bool { return w.Leader() > 0 })
	leader := w.Leader()
	n := leader
	if !own {
		n = w.follower()
	}
	w.agents["10.0.1.1"] = w.Zone(n) // an agent prefers its zone
	w.StartAgent("10.0.1.1", w.Zone(n))
	w.Eventually("the agent is connected", w.whole)
	w.serve(1)
	w.Eventually("the service is up", func() bool { return total(w.up()) == 1 })
	time.Sleep(time.Second)

	d := w.newDoors()
	plantedCrash := crashAt(w.Network, w.Host(leader), step)
	over := make(chan struct{})
	go func() {
		defer close(over)
		select {
		case <-plantedCrash.sprung:
		case <-time.After(300 * time.Millisecond):
			w.Network.SetFilter(nil) // all is over
			return
		}
		w.PowerOff(leader)
		time.Sleep(2 * time.Second)
		w.Network.SetFilter(nil)
		w.Start(leader)
	}()
	var ran string
	d.insist(func(ctx context.Context) error {
		out, err := d.ecs.RunTask(ctx, &sdk.RunTaskInput{TaskDefinition: aws.String("web"), ClientToken: aws.String("once")})
		if err == nil {
			ran = idsOf(out.Tasks)[0]
		}
		return err
	})
	<-over
	w.within(detour, "after the crash", func() string { return w.astray(1, []string{ran}) })
	time.Sleep(5 * time.Second)
	w.within(0, "a while after the crash", func() string { return w.astray(1, []string{ran}) })
	for name, starts := range w.Engine.Starts() {
		if starts != 1 {
			t.Errorf("container %s was started %d times", name, starts)
		}
	}
	return plantedCrash.isSprung()
}
