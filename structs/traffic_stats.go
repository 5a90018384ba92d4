package structs

import "math"

// TrafficStats is what one ingress instance counted since its agent started. The difference of two
// (TrafficCounts.Since) is what happened between them.
type TrafficStats struct {
	Instance string `json:"instance,omitzero"` // ContainerInstance.ID
	At       Time   `json:"at"`
	// Listeners, Groups and Targets are in the order of their ids.
	Listeners []ListenerStats `json:"listeners,omitzero"`
	Groups    []GroupStats    `json:"groups,omitzero"`
}

// ListenerStats is the traffic of one listener.
type ListenerStats struct {
	Listener     string `json:"listener"`     // Listener.ID
	LoadBalancer string `json:"loadBalancer"` // LoadBalancer.Name
	Protocol     string `json:"protocol"`
	Port         int32  `json:"port"`
	// Problem is why the listener does not take connections, or takes them otherwise than its row
	// says; empty if there is none.
	Problem string        `json:"problem,omitzero"`
	Counts  TrafficCounts `json:"counts"`
}

// GroupStats is the traffic of one target group.
type GroupStats struct {
	Group   string        `json:"group"` // TrafficGroup.ID
	Name    string        `json:"name"`
	Counts  TrafficCounts `json:"counts"`
	Targets []TargetStats `json:"targets,omitzero"`
}

// TargetStats is the traffic of one target of a group.
type TargetStats struct {
	Address  string `json:"address"`
	Port     int32  `json:"port"`
	Task     string `json:"task,omitzero"`     // Task.ID
	Instance string `json:"instance,omitzero"` // ContainerInstance.ID, of the task
	State    string `json:"state"`             // as this instance has it in force
	// Avoided means that the target gets fewer requests for a moment: it refused connections, or
	// it answers worse than the others of its group.
	Avoided bool          `json:"avoided,omitzero"`
	Counts  TrafficCounts `json:"counts"`
}

// TrafficCounts are counters that only rise, but for Open. Requests of TCP, TLS and UDP listeners
// are their connections and flows, which have no status.
type TrafficCounts struct {
	Requests  uint64 `json:"requests"`
	Status1xx uint64 `json:"status1xx,omitzero"` // 101: WebSocket and other upgrades
	Status2xx uint64 `json:"status2xx,omitzero"`
	Status3xx uint64 `json:"status3xx,omitzero"`
	Status4xx uint64 `json:"status4xx,omitzero"`
	Status5xx uint64 `json:"status5xx,omitzero"`
	// Errors are connections to targets that failed, and requests without any target.
	Errors   uint64 `json:"errors,omitzero"`
	Open     int64  `json:"open,omitzero"` // requests, or connections, at this moment
	BytesIn  uint64 `json:"bytesIn,omitzero"`
	BytesOut uint64 `json:"bytesOut,omitzero"`
	// Latency has the number of requests by the time from their head to that of the answer:
	// LatencyBucket says which is where. Buckets at the end without any request are left out.
	Latency []uint64 `json:"latency,omitzero"`
	// LatencySum is the sum of these times in seconds.
	LatencySum float64 `json:"latencySum,omitzero"`
}

// LatencyBuckets is how many buckets TrafficCounts.Latency has at most.
const LatencyBuckets = 84

// latencyFirst is the upper end of the first bucket in seconds. There are four buckets to each
// doubling, so that a percentile is right within a fifth, up to 176 s.
const latencyFirst = 0.0001

// LatencyBucket returns the bucket of a time in seconds.
func LatencyBucket(seconds float64) int {
	if seconds <= latencyFirst {
		return 0
	}
	return min(int(math.Ceil(4*math.Log2(seconds/latencyFirst)-1e-9)), LatencyBuckets-1)
}

// LatencyBound returns the upper end of a bucket in seconds.
func LatencyBound(bucket int) float64 { return latencyFirst * math.Exp2(float64(bucket)/4) }

// Quantile returns the time in seconds below which a part q of the requests were answered, such as
// 0.99; zero if there were none.
func (c *TrafficCounts) Quantile(q float64) float64 {
	total := uint64(0)
	for _, n := range c.Latency {
		total += n
	}
	rank := uint64(math.Ceil(q * float64(total)))
	for i, n := range c.Latency {
		if rank <= n && n > 0 {
			return LatencyBound(i)
		}
		rank -= min(n, rank)
	}
	return 0
}

// Add adds the counts of another instance, target or listener.
func (c *TrafficCounts) Add(o TrafficCounts) {
	c.combine(o, func(a, b uint64) uint64 { return a + b }, 1)
}

// Since takes away an earlier state of the same counts. Counters that are lower than then have
// begun anew, and stay.
func (c *TrafficCounts) Since(earlier TrafficCounts) {
	if earlier.Requests > c.Requests {
		return
	}
	open := c.Open
	c.combine(earlier, func(a, b uint64) uint64 { return a - min(a, b) }, -1)
	c.Open = open
}

func (c *TrafficCounts) combine(o TrafficCounts, with func(a, b uint64) uint64, sign float64) {
	for _, p := range [][2]*uint64{
		{&c.Requests, &o.Requests}, {&c.Status1xx, &o.Status1xx}, {&c.Status2xx, &o.Status2xx},
		{&c.Status3xx, &o.Status3xx}, {&c.Status4xx, &o.Status4xx}, {&c.Status5xx, &o.Status5xx},
		{&c.Errors, &o.Errors}, {&c.BytesIn, &o.BytesIn}, {&c.BytesOut, &o.BytesOut},
	} {
		*p[0] = with(*p[0], *p[1])
	}
	c.Open += o.Open
	c.LatencySum = max(0, c.LatencySum+sign*o.LatencySum)
	latency := make([]uint64, max(len(c.Latency), len(o.Latency)))
	copy(latency, c.Latency)
	for i, n := range o.Latency {
		latency[i] = with(latency[i], n)
	}
	c.Latency = latency
}
