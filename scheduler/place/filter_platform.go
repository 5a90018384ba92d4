package place

import (
	"fmt"

	"github.com/gantry-project/gantry/structs"
)

// attributeArchitecture is the attribute in which an agent reports its processor: x86_64 or arm64
// (ECS).
const attributeArchitecture = "ecs.cpu-architecture"

// missingPlatform restricts tasks whose definition names an architecture to instances that have it,
// because images are built for one, and to those whose operator has them run any. Other tasks go
// anywhere.
func missingPlatform(a *ask, h *host) int64 {
	if a.architecture == "" {
		return 0
	}
	if is, _ := h.Attribute(attributeArchitecture); is == a.architecture {
		return 0
	}
	if _, any := h.Attribute(structs.AttributeAnyArchitecture); any {
		return 0
	}
	return 1
}

func changePlatform(*ask, *host) string { return "the agent's flag --any-architecture" }

func detailPlatform(a *ask, h *host) string {
	is, ok := h.Attribute(attributeArchitecture)
	if !ok {
		return fmt.Sprintf("the instance has no attribute %s, the task definition asks for %s", attributeArchitecture, a.architecture)
	}
	return fmt.Sprintf("%s is %s, the task definition asks for %s", attributeArchitecture, is, a.architecture)
}
