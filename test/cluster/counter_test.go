package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// counter is a number in the cluster that only grows (the newest revision of a task definition),
// with what the people who raise and read it at the same time were told. Two servers that both
// accept writes would hand out one number twice. A server that reads without asking the others
// would answer with a number older than what somebody already knew.
type counter struct {
	mu    sync.Mutex
	given map[int32]bool // the numbers that a write was answered with
	known int32          // the highest that anybody was told
	tried int32          // how often a write was begun: the number cannot be higher
	wrong []string
	reads int
}

func newCounter() *counter { return &counter{given: map[int32]bool{}} }

// raise and look make one call each. A call that fails tells nothing.
func (c *counter) raise(ctx context.Context, d *doors) {
	c.mu.Lock()
	before := c.known
	c.tried++
	c.mu.Unlock()
	out, err := d.ecs.RegisterTaskDefinition(ctx, &sdk.RegisterTaskDefinitionInput{
		Family:               aws.String("counter"),
		ContainerDefinitions: []types.ContainerDefinition{{Name: aws.String("app"), Image: aws.String("counter"), Memory: aws.Int32(16)}},
	})
	if err != nil {
		return
	}
	number := out.TaskDefinition.Revision
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.given[number] {
		c.wrong = append(c.wrong, fmt.Sprintf("two writes were answered with %d", number))
	}
	c.given[number] = true
	c.told(before+1, number)
}

func (c *counter) look(ctx context.Context, d *doors) {
	c.mu.Lock()
	before := c.known
	c.mu.Unlock()
	out, err := d.ecs.DescribeTaskDefinition(ctx, &sdk.DescribeTaskDefinitionInput{TaskDefinition: aws.String("counter")})
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	c.told(before, out.TaskDefinition.Revision)
}

// told records an answer to a call that cannot return less than a number. The caller holds the
// lock.
func (c *counter) told(least, number int32) {
	if number < least || number > c.tried {
		c.wrong = append(c.wrong, fmt.Sprintf("an answer is %d; it must be %d to %d", number, least, c.tried))
	}
	c.known = max(c.known, number)
}

// use raises and reads the number until stop is closed.
func (c *counter) use(stop <-chan struct{}, d *doors, call func(context.Context, *doors)) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(150 * time.Millisecond):
		}
		ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
		call(ctx, d)
		cancel()
	}
}
