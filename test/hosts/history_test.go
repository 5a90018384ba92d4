package hosts

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
)

const (
	// registers is the number of clusters whose tags clients write and read.
	registers = 4
	clients   = 5
	// clientPause is the pause between two calls of a client.
	clientPause = 40 * time.Millisecond
	checkWait   = time.Minute
)

// input is what a client asks of a register: to become value or, if that is empty, what its value
// is.
type input struct {
	register int
	value    string
}

// history is everything that clients asked and were told.
type history struct {
	harness *harness
	seed    uint64
	began   time.Time
	stop    context.CancelFunc
	work    sync.WaitGroup

	mu      sync.Mutex
	known   []porcupine.Operation
	unknown []porcupine.Operation // writes that got no answer, or one that does not say
	refused []error               // answers that no call should get
}

// register returns the name of a cluster that no other history uses.
func (h *history) register(n int) string { return fmt.Sprintf("register-%d-%d", h.seed, n) }

func (h *history) arn(n int) *string {
	return aws.String("arn:aws:ecs:us-east-1:000000000000:cluster/" + h.register(n))
}

// record starts clients that write and read through all servers, until finish.
func record(t *testing.T, w *harness, seed uint64) *history {
	t.Helper()
	ctx, stop := context.WithCancel(w.ctx)
	h := &history{harness: w, seed: seed, began: time.Now(), stop: stop}
	for n := range registers {
		w.await(t, "a cluster is made", func() error {
			return w.Ask(w.ctx, func(ctx context.Context, c *ecs.Client) error {
				_, err := c.CreateCluster(ctx, &ecs.CreateClusterInput{
					ClusterName: aws.String(h.register(n)), Tags: []types.Tag{{Key: aws.String("value"), Value: aws.String("")}},
				})
				return err
			})
		})
	}
	for id := range clients {
		var doors []*ecs.Client
		for _, s := range w.Servers {
			doors = append(doors, s.ECS())
		}
		h.work.Go(func() { h.client(ctx, id, doors, rand.New(rand.NewPCG(seed, uint64(id)))) })
	}
	return h
}

// client makes one call after the other, each at any server.
func (h *history) client(ctx context.Context, id int, doors []*ecs.Client, random *rand.Rand) {
	for n := 0; ctx.Err() == nil; n++ {
		in := input{register: random.IntN(registers)}
		if random.IntN(2) == 0 {
			in.value = fmt.Sprintf("%d-%d", id, n)
		}
		h.call(id, doors[random.IntN(len(doors))], in)
		pause(clientPause)
	}
}

// call makes one call and waits for its end: a call that is cut off would be one more with an
// unknown outcome.
func (h *history) call(id int, door *ecs.Client, in input) {
	op := porcupine.Operation{ClientId: id, Input: in, Call: int64(time.Since(h.began))}
	var err error
	if in.value != "" {
		_, err = door.TagResource(context.Background(), &ecs.TagResourceInput{
			ResourceArn: h.arn(in.register), Tags: []types.Tag{{Key: aws.String("value"), Value: aws.String(in.value)}},
		})
	} else {
		var out *ecs.ListTagsForResourceOutput
		if out, err = door.ListTagsForResource(context.Background(), &ecs.ListTagsForResourceInput{ResourceArn: h.arn(in.register)}); err == nil {
			op.Output = ""
			for _, tag := range out.Tags {
				op.Output = aws.ToString(tag.Value)
			}
		}
	}
	op.Return = int64(time.Since(h.began))
	h.mu.Lock()
	defer h.mu.Unlock()
	var answer smithy.APIError
	switch {
	case err == nil:
		h.known = append(h.known, op)
	case errors.As(err, &answer) && answer.ErrorFault() == smithy.FaultClient:
		h.refused = append(h.refused, err)
	case in.value != "":
		h.unknown = append(h.unknown, op)
	}
}

// finish ends the clients. It checks that there is an order of all calls that agrees with their
// times and in which every answer is true. A write with an unknown outcome may have been carried
// out at any time after its call, or never; one that nobody read needs no place.
func (h *history) finish(t *testing.T) {
	t.Helper()
	h.stop()
	h.work.Wait()
	for _, err := range h.refused {
		t.Error("a call was refused that is right:", err)
	}
	read := map[string]bool{}
	for _, op := range h.known {
		if value, ok := op.Output.(string); ok {
			read[value] = true
		}
	}
	all := h.known
	end := int64(time.Since(h.began))
	for _, op := range h.unknown {
		if read[op.Input.(input).value] {
			op.Return = end
			all = append(all, op)
		}
	}
	t.Logf("%d calls were answered, %d writes have an unknown outcome", len(h.known), len(h.unknown))
	if len(h.known) < 100 {
		t.Error("hardly a call was answered")
	}
	result, info := porcupine.CheckOperationsVerbose(registerModel(), all, checkWait)
	if result == porcupine.Ok {
		return
	}
	picture := t.ArtifactDir() + "/history.html"
	t.Errorf("the history of the calls is not linearizable (%s): see %s (kept with go test -artifacts)", result, picture)
	if err := porcupine.VisualizePath(registerModel(), info, picture); err != nil {
		t.Error(err)
	}
}

// registerModel models registers that hold what was written last.
func registerModel() porcupine.Model {
	return porcupine.Model{
		Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
			parts := make([][]porcupine.Operation, registers)
			for _, op := range all {
				n := op.Input.(input).register
				parts[n] = append(parts[n], op)
			}
			return parts
		},
		Init: func() any { return "" },
		Step: func(state, in, out any) (bool, any) {
			if value := in.(input).value; value != "" {
				return true, value
			}
			return state == out, state
		},
		DescribeOperation: func(in, out any) string {
			if value := in.(input).value; value != "" {
				return "write " + value
			}
			return fmt.Sprintf("read %v", out)
		},
	}
}
