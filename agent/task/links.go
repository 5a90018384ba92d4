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
