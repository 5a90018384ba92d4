package structs

import (
	"errors"
	"fmt"
)

// Kind classifies an error, named as in the ECS API without the "Exception" suffix. Each door maps
// it to its own wire form (AWS: Kind+"Exception"; native: an HTTP status and this word).
type Kind string

// The kinds of error that Gantry returns. All but those at the end come from ECS's API model.
const (
	KindInvalidARN                        Kind = "InvalidArn" // of ACM
	KindAccessDenied                      Kind = "AccessDenied"
	KindAttributeLimitExceeded            Kind = "AttributeLimitExceeded"
	KindClient                            Kind = "Client"
	KindClusterContainsContainerInstances Kind = "ClusterContainsContainerInstances"
	KindClusterContainsServices           Kind = "ClusterContainsServices"
	KindClusterContainsTasks              Kind = "ClusterContainsTasks"
	KindClusterNotFound                   Kind = "ClusterNotFound"
	KindConflict                          Kind = "Conflict"
	KindGatewayNotFound                   Kind = "GatewayNotFound"
	KindInvalidParameter                  Kind = "InvalidParameter"
	KindLimitExceeded                     Kind = "LimitExceeded"
	KindMissingVersion                    Kind = "MissingVersion"
	KindNamespaceNotFound                 Kind = "NamespaceNotFound"
	KindNoUpdateAvailable                 Kind = "NoUpdateAvailable"
	KindPlatformIncompatible              Kind = "PlatformTaskDefinitionIncompatibility"
	KindPlatformUnknown                   Kind = "PlatformUnknown"
	KindResourceInUse                     Kind = "ResourceInUse"
	KindResourceNotFound                  Kind = "ResourceNotFound"
	KindServiceDeploymentNotFound         Kind = "ServiceDeploymentNotFound"
	KindServiceNotActive                  Kind = "ServiceNotActive"
	KindServiceNotFound                   Kind = "ServiceNotFound"
	KindTargetNotConnected                Kind = "TargetNotConnected"
	KindTargetNotFound                    Kind = "TargetNotFound"
	KindTaskSetNotFound                   Kind = "TaskSetNotFound"
	KindUnsupportedFeature                Kind = "UnsupportedFeature"
	// Of IAM: a policy that cannot be read or enforced, a name that is taken, and something that is
	// still in use.
	KindMalformedPolicy Kind = "MalformedPolicyDocument"
	KindAlreadyExists   Kind = "EntityAlreadyExists"
	KindDeleteConflict  Kind = "DeleteConflict"
	// KindUnavailable: there is no leader, or the cluster did not answer in time. The caller may
	// retry.
	KindUnavailable Kind = "Unavailable"
	// KindInternal: a fault in Gantry. It is logged in full and shown to the user only as "internal
	// error".
	KindInternal Kind = "Internal"
)

// Error is the only error type that crosses a door. Any other error that reaches a door is shown as
// an internal error.
type Error struct {
	Kind    Kind
	Message string
	// ResourceIDs name the resources that cause a Conflict; the door may turn them into ARNs.
	ResourceIDs []string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Errorf makes an Error of a kind.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// KindOf returns the kind of an error: its own, or Internal.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindInternal
}

// The errors below are returned from more than one place. Do not change ECS's texts: clients match
// on them.

// ErrGatewayNotFound reports that a gateway does not exist.
func ErrGatewayNotFound() *Error {
	return Errorf(KindGatewayNotFound, "The specified gateway wasn't found. Check that the gateway name or ARN is correct and that the gateway exists in your account and Region.")
}

// ErrClusterNotFound reports that a cluster does not exist.
func ErrClusterNotFound() *Error { return Errorf(KindClusterNotFound, "Cluster not found.") }

// ErrClusterInactive reports that a cluster was deleted.
func ErrClusterInactive() *Error {
	return Errorf(KindClusterNotFound, "The referenced cluster was inactive.")
}

// ErrTaskDefinitionNotFound reports that a task definition does not exist.
func ErrTaskDefinitionNotFound() *Error {
	return Errorf(KindClient, "Unable to describe task definition.")
}

// ErrTaskDefinitionInactive reports that a task definition was deregistered.
func ErrTaskDefinitionInactive() *Error { return Errorf(KindClient, "TaskDefinition is inactive") }

// ErrServiceNotFound reports that a service does not exist.
func ErrServiceNotFound() *Error { return Errorf(KindServiceNotFound, "Service not found.") }

// ErrServiceNotActive reports that a service was deleted.
func ErrServiceNotActive() *Error { return Errorf(KindServiceNotActive, "Service was not ACTIVE.") }

// ErrServiceDraining reports that a deleted service still has tasks, and so keeps its name.
func ErrServiceDraining() *Error {
	return Errorf(KindInvalidParameter, "Unable to Start a service that is still Draining.")
}

// ErrServiceExists reports that another service has the name.
func ErrServiceExists() *Error {
	return Errorf(KindInvalidParameter, "Creation of service was not idempotent.")
}

// ErrDeploymentNotFound reports that a service deployment does not exist.
func ErrDeploymentNotFound() *Error {
	return Errorf(KindServiceDeploymentNotFound, "The service deployment was not found.")
}

// ErrTaskSetNotFound reports that a task set does not exist.
func ErrTaskSetNotFound() *Error {
	return Errorf(KindTaskSetNotFound, "The specified task set was not found.")
}

// ErrTaskNotFound reports that a task does not exist.
func ErrTaskNotFound() *Error {
	return Errorf(KindInvalidParameter, "The referenced task was not found.")
}

// ErrInstanceNotFound reports that a container instance does not exist.
func ErrInstanceNotFound(id string) *Error {
	return Errorf(KindClient, "Referenced container instance %s not found.", id)
}

// ErrInstanceNotRegistered tells an agent that its container instance does not exist.
func ErrInstanceNotRegistered(id string) *Error {
	return Errorf(KindResourceNotFound, "container instance %s is not registered", id)
}

// ErrTargetNotFound reports that a container instance, the target of an attribute, is not in a
// cluster.
func ErrTargetNotFound(target, cluster string) *Error {
	return Errorf(KindTargetNotFound, "The specified target %s was not found in cluster %s.", target, cluster)
}

// ErrResourceNotFound reports that a resource, given by its key or ARN, does not exist.
func ErrResourceNotFound(resource string) *Error {
	return Errorf(KindInvalidParameter, "The specified resource %s was not found.", resource)
}

// ErrNoLeader reports that there is no leader to accept a write. SDKs retry.
func ErrNoLeader() *Error {
	return Errorf(KindUnavailable, "no server leads the cluster at the moment; try again")
}
