package metadata

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// keepSample is how long the last statistics of a container are kept to compare the next with.
const keepSample = 5 * time.Minute

// samples are the last statistics that were given, by the ids of containers.
type samples struct{ last map[string]sample }

type sample struct {
	at    time.Time
	stats map[string]raw // the members of the engine's object
	bytes traffic
}

type traffic struct{ received, sent uint64 }

// forget drops samples that are too old to compare with.
func (s *samples) forget(now time.Time) {
	for id, last := range s.last {
		if now.Sub(last.at) > keepSample {
			delete(s.last, id)
		}
	}
}

// stats returns what a container uses: the engine's object, with what it was at the sample before
// (precpu_stats), and ECS's rates of the network. Only the first call waits for the engine to take
// two samples. It returns nil for a container that does not run.
func (m *Metadata) stats(ctx context.Context, t subject, c runtime.ContainerDetails) (map[string]raw, error) {
	if c.State != runtime.ContainerRunning {
		return nil, nil
	}
	m.mu.Lock()
	before, compare := m.samples.last[c.ID]
	m.mu.Unlock()
	text, err := m.cfg.Engine.ContainerStats(ctx, c.ID, compare)
	if err != nil || text == nil {
		return nil, err
	}
	now := sample{at: time.Now()}
	if err := json.Unmarshal(text, &now.stats); err != nil {
		return nil, fmt.Errorf("read the engine's statistics: %w", err)
	}
	if t.Definition.NetworkMode == structs.NetworkAwsvpc && c.PID != 0 {
		if networks, err := networksOf(c.PID); err == nil { // else it has just ended
			now.stats["networks"] = networks
		}
	}
	now.bytes = trafficOf(now.stats["networks"])
	m.mu.Lock()
	m.samples.last[c.ID] = now
	m.mu.Unlock()
	if !compare {
		return now.stats, nil
	}
	out := map[string]raw{}
	for name, value := range now.stats {
		out[name] = value
	}
	for name, of := range map[string]string{"precpu_stats": "cpu_stats", "preread": "read"} {
		if value, ok := before.stats[of]; ok {
			out[name] = value
		}
	}
	if seconds := now.at.Sub(before.at).Seconds(); seconds > 0 && now.stats["networks"] != nil {
		out["network_rate_stats"], err = json.Marshal(map[string]float64{
			"rx_bytes_per_sec": rate(before.bytes.received, now.bytes.received, seconds),
			"tx_bytes_per_sec": rate(before.bytes.sent, now.bytes.sent, seconds),
		})
	}
	return out, err
}

func rate(before, now uint64, seconds float64) float64 {
	if now < before { // the container was started again
		before = 0
	}
	return float64(now-before) / seconds
}

// trafficOf sums what all networks of a container carried.
func trafficOf(networks raw) (all traffic) {
	var by map[string]struct {
		Received uint64 `json:"rx_bytes"`
		Sent     uint64 `json:"tx_bytes"`
	}
	if json.Unmarshal(networks, &by) == nil {
		for _, n := range by {
			all.received += n.Received
			all.sent += n.Sent
		}
	}
	return all
}

// taskStats returns the statistics of all containers of a task by their ids; null for those that do
// not run.
func (m *Metadata) taskStats(ctx context.Context, t subject, seen map[string]runtime.ContainerDetails) (map[string]map[string]raw, error) {
	all := map[string]map[string]raw{}
	var failed error
	var mu sync.Mutex
	var work sync.WaitGroup
	for _, c := range seen {
		work.Go(func() {
			stats, err := m.stats(ctx, t, c)
			mu.Lock()
			defer mu.Unlock()
			all[c.ID] = stats
			if err != nil {
				failed = err
			}
		})
	}
	work.Wait()
	return all, failed
}
