package balancer

import (
	"sync/atomic"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// counters count the traffic of a listener, a group or a target.
type counters struct {
	requests atomic.Uint64
	status   [6]atomic.Uint64 // by the first digit; [0] is not shown
	errors   atomic.Uint64
	open     atomic.Int64
	in, out  atomic.Uint64
	latency  [structs.LatencyBuckets]atomic.Uint64
	sum      atomic.Int64 // of latencies, in nanoseconds
}

// ended counts a request that ended with a status; zero: the client went away, or there is none.
func (c *counters) ended(status int, in, out int64) {
	if status >= 100 && status < 600 {
		c.status[status/100].Add(1)
	}
	c.moved(in, out)
}

func (c *counters) moved(in, out int64) {
	c.in.Add(uint64(max(0, in)))
	c.out.Add(uint64(max(0, out)))
}

// answered counts the time until the head of an answer came, in its bucket.
func (c *counters) answered(took time.Duration, bucket int) {
	c.latency[bucket].Add(1)
	c.sum.Add(int64(took))
}

// counts returns the counters as they are now.
func (c *counters) counts() structs.TrafficCounts {
	out := structs.TrafficCounts{
		Requests: c.requests.Load(), Errors: c.errors.Load(), Open: c.open.Load(),
		Status1xx: c.status[1].Load(), Status2xx: c.status[2].Load(), Status3xx: c.status[3].Load(),
		Status4xx: c.status[4].Load(), Status5xx: c.status[5].Load(),
		BytesIn: c.in.Load(), BytesOut: c.out.Load(), LatencySum: time.Duration(c.sum.Load()).Seconds(),
	}
	for i := range c.latency {
		if n := c.latency[i].Load(); n > 0 {
			for len(out.Latency) < i {
				out.Latency = append(out.Latency, 0)
			}
			out.Latency = append(out.Latency, n)
		}
	}
	return out
}
