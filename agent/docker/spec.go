package docker

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// visibleGPUs is the variable that tells NVIDIA's container runtime which GPUs a container sees.
const visibleGPUs = "NVIDIA_VISIBLE_DEVICES"

// translate translates a ContainerSpec, which has ECS's terms, to Docker's.
func translate(spec runtime.ContainerSpec) (*container.Config, *container.HostConfig, error) {
	def := &spec.Definition
	check, err := healthCheck(def.HealthCheck)
	if err != nil {
		return nil, nil, fmt.Errorf("container %s: healthCheck.command %w", spec.Name, err)
	}
	config := &container.Config{
		Image:           def.Image,
		Cmd:             given(def.Command),
		Entrypoint:      given(def.EntryPoint),
		WorkingDir:      def.WorkingDirectory,
		Env:             environment(spec),
		User:            def.User,
		Hostname:        def.Hostname,
		Labels:          labels(spec),
		OpenStdin:       isTrue(def.Interactive),
		Tty:             isTrue(def.PseudoTerminal),
		NetworkDisabled: isTrue(def.DisableNetworking),
		Healthcheck:     check,
	}
	host := &container.HostConfig{
		NetworkMode:    container.NetworkMode(cmp.Or(spec.NetworkMode, networkBridge)),
		PidMode:        container.PidMode(spec.PidMode),
		IpcMode:        container.IpcMode(spec.IpcMode),
		RestartPolicy:  container.RestartPolicy{Name: container.RestartPolicyDisabled},
		ReadonlyRootfs: isTrue(def.ReadonlyRootFilesystem),
		Privileged:     isTrue(def.Privileged),
		SecurityOpt:    securityOptions(def.DockerSecurityOptions),
		Links:          spec.Links,
		ExtraHosts:     extraHosts(def.ExtraHosts),
		Sysctls:        sysctls(def.SystemControls),
		Resources:      resources(spec),
	}
	host.DNS, host.DNSSearch = resolvers(spec)
	if host.LogConfig, err = logConfig(spec); err != nil {
		return nil, nil, err
	}
	if def.LinuxParameters != nil {
		applyLinuxParameters(host, def.LinuxParameters)
	}
	if err := joinNamespaces(spec, config, host); err != nil {
		return nil, nil, err
	}
	if err := applyMounts(host, spec); err != nil {
		return nil, nil, err
	}
	return config, host, nil
}

// given returns nil for an empty list. In ECS an empty list means the same as none: the image's
// list is used. Docker would run without the image's entry point.
func given(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return list
}

// labels returns the definition's labels and Gantry's, which win.
func labels(spec runtime.ContainerSpec) map[string]string {
	all := make(map[string]string, len(spec.Definition.DockerLabels)+len(spec.Labels)+1)
	maps.Copy(all, spec.Definition.DockerLabels)
	maps.Copy(all, spec.Labels)
	for _, ours := range []string{labelHostPorts, labelDynamicPorts, labelLinks, labelRouter, labelDigest, labelNofile} {
		delete(all, ours)
	}
	if spec.NetworkMode == networkHost {
		all[labelHostPorts] = hostPortsLabel(spec.Definition.PortMappings)
	}
	if len(spec.Links) > 0 {
		all[labelLinks] = strings.Join(spec.Links, ",")
	}
	if spec.Router != "" {
		all[labelRouter] = spec.Router
	}
	return all
}

// environment returns the variables of a container: the definition's, and those that the resources
// of its task provide. For a container with GPUs it adds their ids for NVIDIA's runtime, as ECS's
// agent does. The definition's own value is ignored: otherwise a container could take the GPUs of
// others.
func environment(spec runtime.ContainerSpec) []string {
	def := &spec.Definition
	given := map[string]bool{}
	for _, p := range def.Environment {
		given[p.Name] = true
	}
	ours := maps.Clone(spec.Shared.Environment[def.Name])
	if ours == nil {
		ours = map[string]string{}
	}
	if len(spec.GPUs) > 0 {
		ours[visibleGPUs] = strings.Join(spec.GPUs, ",")
	}
	var env []string
	add := func(name, value string) { env = append(env, name+"="+value) }
	defaults := spec.Shared.Defaults[def.Name]
	for _, name := range slices.Sorted(maps.Keys(defaults)) {
		if _, wins := ours[name]; !wins && !given[name] {
			add(name, defaults[name])
		}
	}
	for _, p := range def.Environment {
		if _, wins := ours[p.Name]; !wins {
			add(p.Name, p.Value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		add(name, ours[name])
	}
	return env
}

func extraHosts(entries []structs.HostEntry) []string {
	var hosts []string
	for _, h := range entries {
		hosts = append(hosts, h.Hostname+":"+h.IpAddress)
	}
	return hosts
}

func sysctls(controls []structs.SystemControl) map[string]string {
	if len(controls) == 0 {
		return nil
	}
	values := make(map[string]string, len(controls))
	for _, c := range controls {
		values[c.Namespace] = c.Value
	}
	return values
}

func seconds(n *int32, otherwise int32) time.Duration {
	return time.Duration(valueOr(n, otherwise)) * time.Second
}

func valueOr[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

func isTrue(b *bool) bool { return valueOr(b, false) }
