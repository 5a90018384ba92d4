// Package servicediscovery serves the part of the AWS Cloud Map API that ECS's service discovery
// needs: namespaces, services and their instances. The tasks of ECS services are instances too,
// computed from state (endpoints.Registered). One file for each group of actions.
//
// Everything that Cloud Map does in the background is done at once here: the operations that its
// calls answer with have succeeded.
//
// The *.gen.go files are written by aws/gen from the API's model.
package servicediscovery

import (
	"context"
	"net/http"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// New returns the Cloud Map API.
func New(c *control.Control) protocol.Service {
	frame := protocol.Frame[*call]{
		Open: func(r *protocol.Request) *call { return &call{control: c, arns: r.ARNs()} },
	}
	return protocol.Service{
		API: API,
		Codes: map[structs.Kind]string{
			structs.KindInvalidParameter:   codeInvalid,
			structs.KindUnsupportedFeature: codeInvalid,
			structs.KindAccessDenied:       "AccessDeniedException",
			structs.KindResourceNotFound:   "ResourceNotFoundException",
		},
		Actions: map[string]protocol.Action{
			"CreatePrivateDnsNamespace": protocol.Handle(frame, (*call).createPrivateDNSNamespace),
			"CreatePublicDnsNamespace":  protocol.Handle(frame, (*call).createPublicDNSNamespace),
			"CreateHttpNamespace":       protocol.Handle(frame, (*call).createHTTPNamespace),
			"GetNamespace":              protocol.Handle(frame, (*call).getNamespace),
			"ListNamespaces":            protocol.Handle(frame, (*call).listNamespaces),
			"DeleteNamespace":           protocol.Handle(frame, (*call).deleteNamespace),
			"GetOperation":              protocol.Handle(frame, (*call).getOperation),
			"ListOperations":            protocol.Handle(frame, (*call).listOperations),

			"CreateService": protocol.Handle(frame, (*call).createService),
			"GetService":    protocol.Handle(frame, (*call).getService),
			"ListServices":  protocol.Handle(frame, (*call).listServices),
			"UpdateService": protocol.Handle(frame, (*call).updateService),
			"DeleteService": protocol.Handle(frame, (*call).deleteService),

			"RegisterInstance":                 protocol.Handle(frame, (*call).registerInstance),
			"DeregisterInstance":               protocol.Handle(frame, (*call).deregisterInstance),
			"GetInstance":                      protocol.Handle(frame, (*call).getInstance),
			"ListInstances":                    protocol.Handle(frame, (*call).listInstances),
			"GetInstancesHealthStatus":         protocol.Handle(frame, (*call).getInstancesHealthStatus),
			"UpdateInstanceCustomHealthStatus": protocol.Handle(frame, (*call).updateHealth),
			"DiscoverInstances":                protocol.Handle(frame, (*call).discoverInstances),
			"DiscoverInstancesRevision":        protocol.Handle(frame, (*call).discoverInstancesRevision),

			"TagResource":         protocol.Handle(frame, (*call).tagResource),
			"UntagResource":       protocol.Handle(frame, (*call).untagResource),
			"ListTagsForResource": protocol.Handle(frame, (*call).listTagsForResource),
		},
	}
}

// call is one request in an action.
type call struct {
	control *control.Control
	arns    protocol.ARNs
}

// The error codes of Cloud Map that are no structs.Kind.
const (
	codeInvalid        = "InvalidInput"
	codeNoOperation    = "OperationNotFound"
	codeNoCustomHealth = "CustomHealthNotFound"
)

func invalid(format string, args ...any) error {
	return structs.Errorf(structs.KindInvalidParameter, format, args...)
}

func refusal(code, message string) error {
	return &protocol.Error{Status: http.StatusBadRequest, Code: code, Message: message}
}

// namespace returns the namespace that an argument names, by its id or ARN.
func (c *call) namespace(v *state.Snapshot, argument, text string) (*structs.Namespace, error) {
	parts, err := c.arns.Path(argument, text, "namespace", 1)
	if err != nil {
		return nil, err
	}
	if n := v.Namespace(parts[0]); n != nil {
		return n, nil
	}
	return nil, structs.ErrNamespaceNotFound()
}

// service returns the service that an argument names, by its id or ARN.
func (c *call) service(ctx context.Context, argument, text string) (*state.Snapshot, *structs.DiscoveryService, error) {
	parts, err := c.arns.Path(argument, text, "service", 1)
	if err != nil {
		return nil, nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, nil, err
	}
	if s := v.DiscoveryService(parts[0]); s != nil {
		return v, s, nil
	}
	return nil, nil, structs.ErrDiscoveryServiceNotFound()
}

// deref returns what a pointer points to; zero for nil.
func deref[T any](p *T) (zero T) {
	if p == nil {
		return zero
	}
	return *p
}
