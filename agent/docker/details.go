package docker

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// DescribeContainers describes the containers of a task by their names in the definition.
func (e *Engine) DescribeContainers(ctx context.Context, task string) (map[string]runtime.ContainerDetails, error) {
	list, err := e.api.ContainerList(ctx, container.ListOptions{All: true, Filters: filters.NewArgs(
		filters.Arg("label", runtime.LabelInstance+"="+e.instance), filters.Arg("label", runtime.LabelTask+"="+task),
	)})
	if err != nil {
		return nil, fmt.Errorf("list the containers of task %s: %w", task, err)
	}
	all := map[string]runtime.ContainerDetails{}
	for _, s := range list {
		c, err := e.api.ContainerInspect(ctx, s.ID)
		if errdefs.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("inspect container %s: %w", s.ID, err)
		}
		all[c.Config.Labels[runtime.LabelContainer]] = detailsOf(c)
	}
	return all, nil
}

func detailsOf(c container.InspectResponse) runtime.ContainerDetails {
	d := runtime.ContainerDetails{
		ContainerState: stateOf(c), ImageID: c.Image, CreatedAt: timeOf(c.Created), PID: c.State.Pid,
		LogDriver: c.HostConfig.LogConfig.Type, LogOptions: c.HostConfig.LogConfig.Config,
	}
	if c.NetworkSettings != nil {
		for _, n := range c.NetworkSettings.Networks {
			if n.IPAddress != "" {
				d.Addresses = append(d.Addresses, n.IPAddress)
			}
			if n.GlobalIPv6Address != "" {
				d.IPv6Addresses = append(d.IPv6Addresses, n.GlobalIPv6Address)
			}
		}
	}
	slices.Sort(d.Addresses)
	slices.Sort(d.IPv6Addresses)
	for _, m := range c.Mounts {
		d.Mounts = append(d.Mounts, runtime.MountPoint{Volume: m.Name, Source: m.Source, Destination: m.Destination})
	}
	if h := c.State.Health; h != nil && len(h.Log) > 0 {
		last := h.Log[len(h.Log)-1]
		d.HealthOutput, d.HealthExitCode = last.Output, last.ExitCode
		d.HealthSince = structs.TimeOf(sameSince(h.Log))
	}
	return d
}

// sameSince returns when the first of the newest runs of a health check ended that all passed, or
// all failed. Engines keep five runs.
func sameSince(log []*container.HealthcheckResult) (since time.Time) {
	passes := log[len(log)-1].ExitCode == 0
	for _, run := range slices.Backward(log) {
		if (run.ExitCode == 0) != passes {
			break
		}
		since = run.End
	}
	return since
}

// ContainerStats returns the statistics of a running container, or nil.
func (e *Engine) ContainerStats(ctx context.Context, id string, oneShot bool) (json.RawMessage, error) {
	var answer container.StatsResponseReader
	var err error
	if oneShot {
		answer, err = e.api.ContainerStatsOneShot(ctx, id)
	} else {
		answer, err = e.api.ContainerStats(ctx, id, false)
	}
	if errdefs.IsNotFound(err) || errdefs.IsConflict(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("ask for the statistics of container %s: %w", id, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("read the statistics of container %s: %w", id, err)
	}
	var running struct {
		Read string `json:"read"`
	}
	if json.Unmarshal(text, &running) != nil || timeOf(running.Read) <= 0 { // it has ended
		return nil, nil
	}
	return text, nil
}
