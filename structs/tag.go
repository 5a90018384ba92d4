package structs

// ResourceKey names a resource that carries tags: the resource part of its ARN, "cluster/NAME",
// "task/CLUSTER/ID", "task-definition/FAMILY:REVISION", "container-instance/CLUSTER/ID",
// "service/CLUSTER/NAME", "task-set/CLUSTER/SERVICE/ID", "capacity-provider/NAME". Tags stand in a
// table of their own, so that nouns that have none pay nothing.
type ResourceKey = string
