package structs

// ResourceKey names a resource that carries tags: the resource part of its ARN, "cluster/NAME",
// "task/CLUSTER/ID", "task-definition/FAMILY:REVISION", "container-instance/CLUSTER/ID",
// "service/CLUSTER/NAME", "task-set/CLUSTER/SERVICE/ID", "capacity-provider/NAME". Tags stand in a
// table of their own, so that nouns that have none pay nothing.
type ResourceKey = string

// Tag sets tags on a resource; Untag removes them by key. Resource is as in TagResource.
type TagCommand struct {
	Resource string // see ResourceKey
	Tags     []Tag
}

// CommandType implements Command.
func (TagCommand) CommandType() CommandType { return CmdTag }

// UntagCommand removes tags by key.
type UntagCommand struct {
	Resource string
	Keys     []string
}

// CommandType implements Command.
func (UntagCommand) CommandType() CommandType { return CmdUntag }
