package control

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// LoadBalancers returns all load balancers, and all target groups with the states of their targets.
func (c *Control) LoadBalancers(ctx context.Context) (*structs.LoadBalancerList, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := &structs.LoadBalancerList{Index: snap.Index(), LoadBalancers: []structs.LoadBalancerView{}, TargetGroups: []structs.TargetGroupView{}}
	for b := range snap.LoadBalancers() {
		view := structs.LoadBalancerView{LoadBalancer: *b, Listeners: []structs.ListenerView{}}
		for l := range snap.Listeners(b.ID) {
			view.Listeners = append(view.Listeners, structs.ListenerView{Listener: *l, Rules: slices.Collect(snap.ListenerRules(l.ID))})
		}
		out.LoadBalancers = append(out.LoadBalancers, view)
	}
	tasks := taskTargets(snap)
	for g := range snap.TargetGroups() {
		view := structs.TargetGroupView{TargetGroup: *g, Targets: []structs.TargetView{}}
		for t := range snap.Targets(g.ID) {
			view.Targets = append(view.Targets, targetView(t.Health, t.DrainUntil != 0, structs.TargetView{Target: t.Target, Address: t.Target, Port: t.Port}))
		}
		view.Targets = append(view.Targets, tasks[g.ID]...)
		out.TargetGroups = append(out.TargetGroups, view)
	}
	slices.SortFunc(out.LoadBalancers, func(a, b structs.LoadBalancerView) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(out.TargetGroups, func(a, b structs.TargetGroupView) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}

// taskTargets returns the tasks of services that are targets, by target group. Only services with
// target groups are looked at.
func taskTargets(snap *state.Snapshot) map[string][]structs.TargetView {
	found := map[string][]structs.TargetView{}
	for cluster := range snap.Clusters() {
		for job := range snap.Services(cluster.Name) {
			if len(job.Service.LoadBalancers) == 0 {
				continue
			}
			for t := range snap.JobTasks(job.ID) {
				if !t.Holds() {
					continue
				}
				address := t.Address
				if i := snap.Instance(t.Instance); address == "" && i != nil {
					address = i.Address
				}
				for _, at := range t.Targets {
					found[at.TargetGroup] = append(found[at.TargetGroup], targetView(at.Health, t.DesiredStatus == structs.TaskStopped, structs.TargetView{
						Task: t.ID, Service: job.Name, Cluster: t.Cluster, Address: address, Port: at.Port,
					}))
				}
			}
		}
	}
	return found
}

func targetView(health structs.TargetHealth, draining bool, v structs.TargetView) structs.TargetView {
	v.State, v.Why, v.Since = cmp.Or(health.State, structs.TargetInitial), health.Why(), health.Since
	if draining {
		v.State, v.Why = structs.TargetDraining, "it is being taken out; open requests end"
	}
	return v
}

// statsTimeout bounds how long one ingress instance may take to answer.
const statsTimeout = 3 * time.Second

// TrafficStats asks all ingress instances what they counted.
func (c *Control) TrafficStats(ctx context.Context) (*structs.TrafficStatsList, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := &structs.TrafficStatsList{Instances: []structs.TrafficStats{}, Missing: map[string]string{}}
	var mu sync.Mutex
	var asked sync.WaitGroup
	for cluster := range snap.Clusters() {
		for i := range snap.Instances(cluster.Name) {
			if !i.Ingress || i.Status == structs.InstanceInactive {
				continue
			}
			asked.Go(func() {
				stats, err := c.statsOf(ctx, i.ID)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					out.Missing[i.ID] = err.Error()
					return
				}
				out.Instances = append(out.Instances, *stats)
			})
		}
	}
	asked.Wait()
	slices.SortFunc(out.Instances, func(a, b structs.TrafficStats) int { return cmp.Compare(a.Instance, b.Instance) })
	return out, nil
}

func (c *Control) statsOf(ctx context.Context, instance string) (*structs.TrafficStats, error) {
	ctx, cancel := context.WithTimeout(ctx, statsTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://agent/traffic/stats", http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := c.CallAgent(instance, r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, structs.Errorf(structs.KindUnavailable, "the agent answers %s; it may be of an older version", answer.Status)
	}
	stats := &structs.TrafficStats{}
	if err := json.NewDecoder(answer.Body).Decode(stats); err != nil {
		return nil, structs.Errorf(structs.KindUnavailable, "read the agent's answer: %v", err)
	}
	stats.Instance = instance
	return stats, nil
}
