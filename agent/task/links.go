package task

import "github.com/gantry-project/gantry/structs"

// links returns the links of a container ("db" or "db:database") with the engine's names of the
// containers that they go to.
func links(def *structs.TaskDefinition, c structs.ContainerDefinition, task string) (list []string) {
	for _, link := range c.Links {
		name, alias := structs.ParseLink(link)
		list = append(list, containerName(def, name, task)+":"+alias)
	}
	return list
}

// linkedFirst returns containers in their order, but for those that others have links to: they come
// before those.
func linkedFirst(containers []container) (list []container) {
	seen := map[string]bool{} // keys
	var add func(c container)
	add = func(c container) {
		if seen[c.key] {
			return
		}
		seen[c.key] = true
		for _, link := range c.spec.Definition.Links {
			name, _ := structs.ParseLink(link)
			for _, other := range containers {
				if other.spec.Definition.Name == name {
					add(other)
				}
			}
		}
		list = append(list, c)
	}
	for _, c := range containers {
		add(c)
	}
	return list
}
