package blocks

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// twoBlocks is a range for two instances.
var twoBlocks = structs.TaskNetwork{Range: "10.9.0.0/27", BlockBits: 28}

// scene is a keeper at work on a state.
type scene struct {
	*singlenode.Node
	t       *testing.T
	applied atomic.Int32
	fails   atomic.Bool
}

func inScene(t *testing.T, test func(*scene)) {
	faketime.Test(t, func(t *testing.T) {
		s := &scene{Node: singlenode.New(t), t: t}
		k := New(Config{
			Snapshot: s.Store.Snapshot, Now: func() structs.Time { return structs.TimeOf(time.Now()) }, TaskNetwork: twoBlocks,
			Apply: func(ctx context.Context, cmd structs.Command) (structs.Applied, error) {
				s.applied.Add(1)
				if s.fails.Load() {
					return structs.Applied{}, errors.New("no leader")
				}
				return s.Apply(ctx, cmd)
			},
			Logger: slog.New(slog.DiscardHandler),
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- k.Run(ctx) }()
		test(s)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// register registers an instance that asks for a block.
func (s *scene) register(number int) {
	s.MustApply(s.t, structs.RegisterInstance{TaskNetwork: twoBlocks, Instance: structs.ContainerInstance{
		ID: fmt.Sprint(number), Cluster: "default", Network: structs.InstanceNetwork{Asks: true}, RegisteredAt: structs.Time(number),
	}})
}

// expect waits, and expects the blocks of the instances by number, empty for none.
func (s *scene) expect(blocks ...string) {
	s.t.Helper()
	time.Sleep(interval + time.Second)
	synctest.Wait()
	for n, block := range blocks {
		i := s.Store.Snapshot().Instance(fmt.Sprint(n + 1))
		told := i.Network.Problem != "" || i.Status == structs.InstanceInactive
		if i.Network.Block != block || told != (block == "") {
			s.t.Errorf("instance %d has %+v, not the block %q", n+1, i.Network, block)
		}
	}
}

// TestAnInstanceWaitsForABlock that another one gives back. Meanwhile nothing is written.
func TestAnInstanceWaitsForABlock(t *testing.T) {
	inScene(t, func(s *scene) {
		for n := range 4 {
			s.register(n + 1)
		}
		s.expect("10.9.0.0/28", "10.9.0.16/28", "", "")
		time.Sleep(time.Hour)
		synctest.Wait()
		if s.applied.Load() > 0 {
			t.Errorf("%d entries changed nothing", s.applied.Load())
		}
		s.fails.Store(true)
		s.MustApply(t, structs.SetInstanceStatus{Instances: []string{"1"}, Status: structs.InstanceInactive, At: 9})
		time.Sleep(time.Minute)
		synctest.Wait()
		s.fails.Store(false)
		s.expect("", "10.9.0.16/28", "10.9.0.0/28", "")
	})
}

// TestTwoInstancesWithOneBlockAreFound: a state has them from the beginning, as a restored one may.
func TestTwoInstancesWithOneBlockAreFound(t *testing.T) {
	inScene(t, func(s *scene) {
		s.register(1)
		s.register(2)
		snap := s.Store.Snapshot()
		damaged, err := state.Load(state.Nouns(), snap.Index(), func(l *state.Loading) error {
			for i := range snap.AllInstances() {
				row := *i
				row.Network.Block = "10.9.0.16/28"
				l.Put(nounOf(t, "container instances"), &row)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Store.Replace(damaged)
		s.expect("10.9.0.16/28", "10.9.0.0/28")
		if s.applied.Load() != 1 {
			t.Errorf("that took %d entries", s.applied.Load())
		}
	})
}

func nounOf(t *testing.T, name string) state.Noun {
	for _, n := range state.Nouns() {
		if n.Name() == name {
			return n
		}
	}
	t.Fatalf("no noun is called %s", name)
	return nil
}
