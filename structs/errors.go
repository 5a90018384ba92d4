package structs

import (
	"errors"
	"fmt"
)

// Kind is the sort of an error, in the words of the ECS API without its "Exception" suffix; each
// door maps it once to its own wire form (AWS: Kind+"Exception"; native: an HTTP status and this
// word).
type Kind string

// The kinds that Gantry answers with. The list is ECS's own, from its API model; Unavailable and
// Internal are ours.
const (
	KindAccessDenied                      Kind = "AccessDenied"
	KindAttributeLimitExceeded            Kind = "AttributeLimitExceeded"
	KindClient                            Kind = "Client"
	KindClusterContainsContainerInstances Kind = "ClusterContainsContainerInstances"
	KindClusterContainsServices           Kind = "ClusterContainsServices"
	KindClusterContainsTasks              Kind = "ClusterContainsTasks"
	KindClusterNotFound                   Kind = "ClusterNotFound"
	KindConflict                          Kind = "Conflict"
	KindInvalidParameter                  Kind = "InvalidParameter"
	KindLimitExceeded                     Kind = "LimitExceeded"
	KindMissingVersion                    Kind = "MissingVersion"
	KindNamespaceNotFound                 Kind = "NamespaceNotFound"
	KindNoUpdateAvailable                 Kind = "NoUpdateAvailable"
	KindResourceInUse                     Kind = "ResourceInUse"
	KindResourceNotFound                  Kind = "ResourceNotFound"
	KindServiceDeploymentNotFound         Kind = "ServiceDeploymentNotFound"
	KindServiceNotActive                  Kind = "ServiceNotActive"
	KindServiceNotFound                   Kind = "ServiceNotFound"
	KindTargetNotFound                    Kind = "TargetNotFound"
	KindTaskSetNotFound                   Kind = "TaskSetNotFound"
	KindUnsupportedFeature                Kind = "UnsupportedFeature"
	// KindUnavailable: no leader stands, or the cluster did not answer in time. The caller may try
	// again.
	KindUnavailable Kind = "Unavailable"
	// KindInternal: a fault of ours. Logged in full, shown to the user only as "internal error".
	KindInternal Kind = "Internal"
)

// Error is the one error type that crosses a door. Anything else that reaches a door is shown as an
// internal error.
type Error struct {
	Kind    Kind
	Message string
	// ResourceIDs name what stands in the way of a Conflict; the door may turn them to ARNs.
	ResourceIDs []string
}

func (e *Error) Error() string { return e.Message }

// Errorf makes an Error of a kind.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// KindOf gives the kind of an error: its own, or Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// ErrClusterNotFound answers a call on a cluster that does not exist. The text is ECS's; clients
// match on it.
func ErrClusterNotFound() *Error { return Errorf(KindClusterNotFound, "Cluster not found.") }

// ErrNoLeader answers a write while no server leads. SDKs try again.
func ErrNoLeader() *Error {
	return Errorf(KindUnavailable, "no server leads the cluster at the moment; try again")
}
