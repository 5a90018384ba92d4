package structs

import (
	"slices"
	"strings"
)

// validateDependencies checks that links, volumesFrom and dependsOn name containers of the
// definition, and that no container waits for itself.
func (d *TaskDefinition) validateDependencies() *Error {
	containers := map[string]*ContainerDefinition{}
	for i := range d.ContainerDefinitions {
		containers[d.ContainerDefinitions[i].Name] = &d.ContainerDefinitions[i]
	}
	needs := map[string][]string{}
	for i := range d.ContainerDefinitions {
		c := &d.ContainerDefinitions[i]
		if len(c.Links) > 0 && d.NetworkMode != "" && d.NetworkMode != NetworkBridge {
			return Errorf(KindClient, "Links are not supported when networkMode=%s.", d.NetworkMode)
		}
		for _, link := range c.Links {
			name, alias := ParseLink(link)
			if !isName(name) || !isName(alias) {
				return c.invalid("'links' has %q; a link is the name of a container, or name:alias.", link)
			}
			needs[c.Name] = append(needs[c.Name], name)
		}
		for _, v := range c.VolumesFrom {
			needs[c.Name] = append(needs[c.Name], v.SourceContainer)
		}
		for n, dep := range c.DependsOn {
			if slices.ContainsFunc(c.DependsOn[:n], func(e ContainerDependency) bool { return e.ContainerName == dep.ContainerName }) {
				return c.invalid("'dependsOn' has container '%s' twice.", dep.ContainerName)
			}
			if err := c.validateDependency(dep, containers[dep.ContainerName]); err != nil {
				return err
			}
			needs[c.Name] = append(needs[c.Name], dep.ContainerName)
		}
		for _, name := range needs[c.Name] {
			if containers[name] == nil {
				return c.invalid("It refers to container '%s', which the task definition does not have.", name)
			}
		}
	}
	for i := range d.ContainerDefinitions {
		if path := cycle(needs, d.ContainerDefinitions[i].Name); path != nil {
			return Errorf(KindClient, "Containers depend on each other in a circle: %s.", strings.Join(path, " -> "))
		}
	}
	return nil
}

// ParseLink reads a link to a container: its name in the definition, and after a colon the name
// that it is reached by, which is the same by default.
func ParseLink(link string) (name, alias string) {
	name, alias, given := strings.Cut(link, ":")
	if !given {
		alias = name
	}
	return name, alias
}

// validateDependency checks the condition of one dependsOn; on is nil if there is no such
// container.
func (c *ContainerDefinition) validateDependency(dep ContainerDependency, on *ContainerDefinition) *Error {
	if on == nil {
		return nil // the caller reports it, as for links and volumesFrom
	}
	switch dep.Condition {
	case "SUCCESS", "COMPLETE":
		if on.IsEssential() {
			return Errorf(KindClient, "A dependency container with SUCCESS or COMPLETE condition cannot be an essential container")
		}
	case "HEALTHY":
		if !on.HealthCheck.Checks() {
			return c.invalid("It depends on container '%s' being HEALTHY, which has no 'healthCheck'.", on.Name)
		}
	}
	return nil
}

// cycle returns a path of dependencies from a container back to itself, or nil if there is none.
func cycle(needs map[string][]string, from string) []string {
	seen := map[string]bool{}
	var walk func(path []string, at string) []string
	walk = func(path []string, at string) []string {
		path = append(path, at)
		for _, next := range needs[at] {
			if next == from {
				return append(path, from)
			}
			if seen[next] {
				continue
			}
			seen[next] = true
			if found := walk(path, next); found != nil {
				return found
			}
		}
		return nil
	}
	return walk(nil, from)
}
