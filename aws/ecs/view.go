package ecs

import (
	"iter"

	"github.com/gantry-project/gantry/structs"
)

// view is the state that an answer is made from; control.Read gives one. Rows are only read.
type view interface {
	Cluster(name string) *structs.Cluster
	Instance(id string) *structs.ContainerInstance
	Instances(cluster string) iter.Seq[*structs.ContainerInstance]
	Job(id string) *structs.Job
	Tags(resource structs.ResourceKey) []structs.Tag
	Task(id string) *structs.Task
	TaskDefinition(key string) *structs.TaskDefinition
	Usage(instance string) *structs.Usage
}
