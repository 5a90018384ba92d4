package endpoints

import (
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// Names returns the names of the cluster's DNS, in their order. Table computes them again after
// every change.
func Names(View) []structs.TrafficName { return nil }

// connectPrefix begins the ids of groups that Gantry makes for Service Connect.
const connectPrefix = "connect/"

// ForEveryone reports whether every agent gets a target group, and not only ingress instances.
func ForEveryone(group string) bool { return strings.HasPrefix(group, connectPrefix) }
