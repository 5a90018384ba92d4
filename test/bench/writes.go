package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	writesAlone    = 2000
	writesTogether = 40000
	writers        = 64
)

// clusterMeasures are the measures of three servers without agents.
func clusterMeasures(ctx context.Context, binary string, rounds int) (err error) {
	c, err := newCluster(ctx, binary)
	if err != nil {
		return err
	}
	defer func() { err = firstOf(err, c.close()) }()
	fmt.Println("CreateCluster of the ECS API at three secured servers, signed, over TLS on connections that are kept; the caller is on the same processors")
	leader, err := c.whole(ctx)
	if err != nil {
		return err
	}
	for _, through := range []struct {
		whom string
		n    int
	}{{"the leader", leader}, {"a follower", (leader + 1) % clusterSize}} {
		if err := c.writes(ctx, through.whom, through.n); err != nil {
			return err
		}
	}
	return c.failover(ctx, rounds)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// writes measures calls of one caller, one after another, and of many at once.
func (c *cluster) writes(ctx context.Context, whom string, through int) error {
	var took []time.Duration
	for range writesAlone {
		begin := time.Now()
		if err := c.write(ctx, through, c.written); err != nil {
			return err
		}
		c.written++
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	absolute("API write by "+whom+", 1 caller, p50", took[len(took)/2], 1500*time.Microsecond)
	absolute("  p99", took[len(took)*99/100], 6*time.Millisecond)

	var next atomic.Int64
	next.Store(int64(c.written))
	end := next.Load() + writesTogether
	var work sync.WaitGroup
	errs := make(chan error, writers)
	begin := time.Now()
	for range writers {
		work.Go(func() {
			for n := next.Add(1) - 1; n < end; n = next.Add(1) - 1 {
				if err := c.write(ctx, through, int(n)); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	work.Wait()
	c.written = int(end)
	select {
	case err := <-errs:
		return err
	default:
	}
	rate := writesTogether / time.Since(begin).Seconds()
	fmt.Printf("%-56s gantry %8.0f/s   %-33s goal ≥ 8000/s   %s\n", fmt.Sprintf("API write by %s, %d callers", whom, writers), rate, "", verdict(rate >= 8000))
	return nil
}

func (c *cluster) write(ctx context.Context, through, n int) error {
	return c.ecs(ctx, through, "CreateCluster", map[string]string{"clusterName": fmt.Sprintf("c%d", n)}, nil)
}

// failover measures from kill -9 of the leader until a remaining server accepts the next write;
// then the killed one comes back.
func (c *cluster) failover(ctx context.Context, rounds int) error {
	var took []time.Duration
	for range rounds {
		leader, err := c.whole(ctx)
		if err != nil {
			return err
		}
		other := (leader + 1) % clusterSize
		if err := c.write(ctx, other, c.written); err != nil { // the connection is there
			return err
		}
		c.written++
		if err := c.servers[leader].Process.Kill(); err != nil {
			return err
		}
		begin := time.Now()
		for c.write(ctx, other, c.written) != nil {
			if ctx.Err() != nil || time.Since(begin) > time.Minute {
				return fmt.Errorf("no write was accepted within %s of the leader's end", time.Since(begin))
			}
			c.written++ // whether the last one was taken nobody knows
		}
		took = append(took, time.Since(begin))
		c.written++
		_ = c.servers[leader].Wait() // it was killed
		if err := c.start(leader); err != nil {
			return err
		}
	}
	slices.Sort(took)
	absolute(fmt.Sprintf("kill -9 of the leader → next write accepted, p50 of %d", rounds), took[len(took)/2], time.Second)
	absolute("  max", took[len(took)-1], 1500*time.Millisecond)
	return nil
}
