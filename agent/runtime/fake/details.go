package fake

import (
	"context"
	"encoding/json"

	"github.com/gantry-project/gantry/agent/runtime"
)

// DescribeContainers describes the containers of a task.
func (r *Runtime) DescribeContainers(ctx context.Context, task string) (all map[string]runtime.ContainerDetails, err error) {
	all = map[string]runtime.ContainerDetails{}
	err = r.call(ctx, "Describe "+task, 0, func() error {
		for _, c := range r.engine.containers {
			if r.owns(c) && c.state.Labels[runtime.LabelTask] == task {
				all[c.state.Labels[runtime.LabelContainer]] = runtime.ContainerDetails{ContainerState: c.state}
			}
		}
		return nil
	})
	return all, err
}

// ContainerStats returns statistics of a container that uses nothing.
func (r *Runtime) ContainerStats(ctx context.Context, id string, _ bool) (stats json.RawMessage, err error) {
	name, _ := r.look(id)
	err = r.call(ctx, "Stats "+name, 0, func() error {
		if c := r.engine.containers[id]; c != nil && r.owns(c) && c.state.State == runtime.ContainerRunning {
			stats = json.RawMessage(`{"id":"` + id + `"}`)
		}
		return nil
	})
	return stats, err
}
