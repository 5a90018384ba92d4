package balancer

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// Stats returns what was counted since New. What is gone from the frames is not in it any more.
func (b *Balancer) Stats() structs.TrafficStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	stats := structs.TrafficStats{At: structs.TimeOf(b.cfg.Now())}
	for id, l := range b.listeners {
		stats.Listeners = append(stats.Listeners, structs.ListenerStats{
			Listener: id, LoadBalancer: l.spec.LoadBalancer.Name, Protocol: l.spec.Listener.Protocol, Port: l.spec.Listener.Port,
			Problem: b.problems[id], Counts: l.counts(),
		})
	}
	now := time.Now().UnixNano()
	for id, g := range *b.groups.Load() {
		one := structs.GroupStats{Group: id, Name: g.spec.Load().Name, Counts: g.counts()}
		for _, key := range g.order {
			t := g.targets[key]
			s := t.spec.Load()
			counts := t.counts()
			counts.Open = t.Open.Load()
			one.Targets = append(one.Targets, structs.TargetStats{
				Address: s.Address, Port: s.Port, Task: s.Task, Instance: s.Instance, State: s.State,
				Avoided: t.avoided(now) || t.share.Load() < fullShare, Counts: counts,
			})
		}
		stats.Groups = append(stats.Groups, one)
	}
	slices.SortFunc(stats.Listeners, func(x, y structs.ListenerStats) int { return cmp.Compare(x.Listener, y.Listener) })
	slices.SortFunc(stats.Groups, func(x, y structs.GroupStats) int { return cmp.Compare(x.Group, y.Group) })
	return stats
}

// Handler answers the calls of servers: POST /traffic/stats returns Stats, as JSON.
func (b *Balancer) Handler(instance string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		stats := b.Stats()
		stats.Instance = instance
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(stats) // the server has gone
	})
}
