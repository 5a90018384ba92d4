package structs

import (
	"crypto/sha256"
	"fmt"
)

// ContainerKey returns the resource part of a container's ARN. It is always the same for the same
// container of the same task.
func ContainerKey(cluster, task, container string) ResourceKey {
	id := sha256.Sum256([]byte(task + "/" + container))
	return fmt.Sprintf("container/%s/%s/%x-%x-%x-%x-%x", cluster, task, id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}
