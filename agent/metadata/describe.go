package metadata

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// describe answers what a container asks about itself and its task.
func (m *Metadata) describe(w http.ResponseWriter, r *http.Request, rest string, who id, t subject) {
	seen, err := m.cfg.Engine.DescribeContainers(r.Context(), t.Task.ID)
	if err != nil {
		fail(w, http.StatusInternalServerError, "ServerException", "the container engine does not answer: "+err.Error())
		return
	}
	own := t.Definition.ContainerDefinitions[who.container].Name
	switch rest {
	case "":
		reply(w, http.StatusOK, m.container(t, who.container, seen[own]))
	case "task":
		reply(w, http.StatusOK, m.task(t, seen))
	case "taskWithTags":
		reply(w, http.StatusOK, m.taskWithTags(r.Context(), t, seen))
	case "stats":
		stats, err := m.stats(r.Context(), t, seen[own])
		m.replyStats(w, stats, err)
	case "task/stats":
		stats, err := m.taskStats(r.Context(), t, seen)
		m.replyStats(w, stats, err)
	default:
		fail(w, http.StatusNotFound, "NotFound", "the paths that exist here are /, /task, /taskWithTags, /stats and /task/stats")
	}
}

func (m *Metadata) replyStats(w http.ResponseWriter, stats any, err error) {
	if err != nil {
		fail(w, http.StatusInternalServerError, "ServerException", err.Error())
		return
	}
	reply(w, http.StatusOK, stats)
}

// task describes a task. Containers that were not created yet are left out.
func (m *Metadata) task(t subject, seen map[string]runtime.ContainerDetails) taskJSON {
	out := taskJSON{
		Cluster: m.cfg.Cluster, TaskARN: m.arn(structs.TaskKey(t.Task.Cluster, t.Task.ID)),
		Family: t.Definition.Family, Revision: strconv.Itoa(int(t.Definition.Revision)), ServiceName: structs.ServiceOfGroup(t.Task.Group),
		DesiredStatus: t.desired(), KnownStatus: t.known(),
		PullStartedAt: stampOf(t.seen.PullStartedAt), PullStoppedAt: stampOf(t.seen.PullStoppedAt), ExecutionStoppedAt: stampOf(t.seen.ExecutionStoppedAt),
		AvailabilityZone: m.cfg.Zone, LaunchType: cmp.Or(t.LaunchType, structs.LaunchEC2),
	}
	if cpu, memory := t.Definition.Limits(t.Overrides); cpu != 0 || memory != 0 {
		out.Limits = &limitsJSON{}
		if cpu != 0 {
			out.Limits.CPU = new(float64(cpu) / 1024)
		}
		if memory != 0 {
			out.Limits.Memory = &memory
		}
	}
	for n := range t.Definition.ContainerDefinitions {
		if details, ok := seen[t.Definition.ContainerDefinitions[n].Name]; ok {
			out.Containers = append(out.Containers, m.container(t, n, details))
		}
	}
	return out
}

// taskWithTags describes a task with its tags and its instance's. If no server gives them, it says
// why (ECS).
func (m *Metadata) taskWithTags(ctx context.Context, t subject, seen map[string]runtime.ContainerDetails) taskJSON {
	out := m.task(t, seen)
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tags, err := m.cfg.Servers.TaskTags(ctx, m.cfg.Instance, t.Task.ID)
	if err != nil {
		for field, arn := range map[string]string{
			"TaskTags": out.TaskARN, "ContainerInstanceTags": m.arn(structs.InstanceKey(m.cfg.Cluster, m.cfg.Instance)),
		} {
			out.Errors = append(out.Errors, errorJSON{
				ErrorField: field, ErrorCode: "ServerException", ErrorMessage: err.Error(), StatusCode: http.StatusInternalServerError, ResourceARN: arn,
			})
		}
		return out
	}
	out.TaskTags, out.ContainerInstanceTags = tagMap(tags.Task), tagMap(tags.Instance)
	return out
}

func tagMap(tags []structs.Tag) map[string]string {
	all := map[string]string{}
	for _, tag := range tags {
		all[tag.Key] = tag.Value
	}
	return all
}

// container describes a container by its place in the definition.
func (m *Metadata) container(t subject, n int, seen runtime.ContainerDetails) containerJSON {
	def := t.Definition.ContainerDefinitions[n].WithOverride(t.Overrides)
	out := containerJSON{
		DockerId: seen.ID, Name: def.Name, DockerName: seen.Name, Image: def.Image, ImageID: seen.ImageID,
		Labels: m.labels(t, def.Name, seen), DesiredStatus: t.desired(), KnownStatus: knownStatus(seen), Type: "NORMAL",
		CreatedAt: stampOf(seen.CreatedAt), StartedAt: stampOf(seen.StartedAt), FinishedAt: stampOf(seen.FinishedAt),
		LogDriver: seen.LogDriver, LogOptions: seen.LogOptions, ContainerARN: m.arn(structs.ContainerKey(t.Task.Cluster, t.Task.ID, def.Name)),
		Networks: []networkJSON{network(t, seen)},
	}
	out.Limits.CPU = new(float64(max(def.Cpu, 2))) // ECS's least, which a container gets that asks for none
	if def.Memory != nil {
		out.Limits.Memory = new(int64(*def.Memory))
	}
	if seen.State == runtime.ContainerExited {
		out.ExitCode = &seen.ExitCode
	}
	if seen.Health != "" {
		out.Health = &healthJSON{Status: seen.Health, Since: stampOf(seen.HealthSince), ExitCode: seen.HealthExitCode, Output: seen.HealthOutput}
	}
	for _, b := range seen.Bindings {
		if b.ContainerPort != nil && b.HostPort != nil {
			out.Ports = append(out.Ports, portJSON{*b.ContainerPort, b.Protocol, *b.HostPort, b.BindIP})
		}
	}
	for _, mount := range seen.Mounts {
		out.Volumes = append(out.Volumes, volumeJSON{mount.Volume, mount.Source, mount.Destination})
	}
	if policy := def.RestartPolicy; policy != nil && policy.Enabled != nil && *policy.Enabled {
		out.RestartCount = new(int32(0))
		for _, c := range t.seen.Containers {
			if c.Name == def.Name {
				*out.RestartCount = c.RestartCount
			}
		}
	}
	return out
}

// The labels that ECS's agent puts on containers begin like this.
const ecsLabel = "com.amazonaws.ecs."

// labels returns the labels of a container, with those that ECS's agent would have put there.
func (m *Metadata) labels(t subject, name string, seen runtime.ContainerDetails) map[string]string {
	all := maps.Clone(seen.Labels)
	if all == nil {
		all = map[string]string{}
	}
	all[ecsLabel+"cluster"] = m.cfg.Cluster
	all[ecsLabel+"container-name"] = name
	all[ecsLabel+"task-arn"] = m.arn(structs.TaskKey(t.Task.Cluster, t.Task.ID))
	all[ecsLabel+"task-definition-family"] = t.Definition.Family
	all[ecsLabel+"task-definition-version"] = strconv.Itoa(int(t.Definition.Revision))
	return all
}

// network describes the network of a container.
func network(t subject, seen runtime.ContainerDetails) networkJSON {
	switch mode := cmp.Or(t.Definition.NetworkMode, structs.NetworkBridge); mode {
	case structs.NetworkAwsvpc:
		a := t.Task.Address
		return networkJSON{
			NetworkMode: mode, IPv4Addresses: []string{a}, AttachmentIndex: new(0), MACAddress: structs.TaskMAC(a),
			PrivateDNSName: "ip-" + strings.ReplaceAll(a, ".", "-") + ".ec2.internal",
		}
	default:
		return networkJSON{NetworkMode: mode, IPv4Addresses: seen.Addresses, IPv6Addresses: seen.IPv6Addresses}
	}
}

// The statuses of tasks and containers as the agent of ECS names them.
const (
	statusNone    = "NONE"
	statusCreated = "CREATED"
	statusRunning = "RUNNING"
	statusStopped = "STOPPED"
)

// desired returns what the task should be. Its containers have it, too.
func (t *subject) desired() string {
	if t.seen.Status > structs.TaskRunning {
		return statusStopped
	}
	return statusRunning
}

// known returns what the task is: RUNNING until its last container has ended (ECS).
func (t *subject) known() string {
	switch status := max(t.seen.Status, t.Task.LastStatus); {
	case status >= structs.TaskDeprovisioning:
		return statusStopped
	case status >= structs.TaskRunning:
		return statusRunning
	case status >= structs.TaskActivating:
		return statusCreated
	}
	return statusNone
}

func knownStatus(seen runtime.ContainerDetails) string {
	switch seen.State {
	case runtime.ContainerRunning:
		return statusRunning
	case runtime.ContainerExited:
		return statusStopped
	case runtime.ContainerCreated:
		return statusCreated
	}
	return statusNone
}

func (m *Metadata) arn(key structs.ResourceKey) string {
	return "arn:aws:ecs:" + m.cfg.Region + ":" + account + ":" + key
}

// account is that of all ARNs.
const account = "000000000000"

// raw is a JSON value that is passed on.
type raw = json.RawMessage
