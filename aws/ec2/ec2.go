// Package ec2 serves the part of the Amazon EC2 API that tools need to find the addresses of ECS
// tasks: it shows Gantry's container instances and the network interfaces of awsvpc tasks, and
// changes nothing.
//
// Gantry has no VPCs, security groups or public addresses, and shows none. A subnet is only the
// name that an awsvpc task was given.
//
// The *.gen.go files are written by aws/gen from the API's model.
package ec2

import (
	"fmt"
	"iter"
	"net/http"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// New returns the EC2 API.
func New(c *control.Control) protocol.Service {
	frame := protocol.Frame[*call]{
		Open: func(r *protocol.Request) *call { return &call{control: c, account: r.Account} },
	}
	return protocol.Service{
		API: API,
		Codes: map[structs.Kind]string{
			structs.KindAccessDenied:       "UnauthorizedOperation",
			structs.KindInvalidParameter:   codeInvalid,
			structs.KindUnsupportedFeature: "UnsupportedOperation",
		},
		Actions: map[string]protocol.Action{
			"DescribeInstances":         protocol.Handle(frame, (*call).describeInstances),
			"DescribeNetworkInterfaces": protocol.Handle(frame, (*call).describeNetworkInterfaces),
		},
	}
}

// call is one request in an action.
type call struct {
	control *control.Control
	account string
}

// view is the state that an answer is made from. Its rows are never changed.
type view interface {
	Clusters() iter.Seq[*structs.Cluster]
	Instances(cluster string) iter.Seq[*structs.ContainerInstance]
	InstanceTasks(instance string) iter.Seq[*structs.Task]
	JobOf(t *structs.Task) *structs.Job
	Tags(resource structs.ResourceKey) []structs.Tag
}

// The error codes that EC2 does not share with other services.
const (
	codeInvalid     = "InvalidParameterValue"
	codeCombination = "InvalidParameterCombination"
	codeDryRun      = "DryRunOperation"
)

func refusal(code, format string, args ...any) error {
	return &protocol.Error{Status: http.StatusBadRequest, Code: code, Message: fmt.Sprintf(format, args...)}
}

// checkDryRun answers a caller who only asks whether the call is allowed.
func checkDryRun(asked *bool) error {
	if asked == nil || !*asked {
		return nil
	}
	return &protocol.Error{
		Status: http.StatusPreconditionFailed, Code: codeDryRun,
		Message: "Request would have succeeded, but DryRun flag is set.",
	}
}

// The limits of a page (EC2).
const (
	minPage = 5
	maxPage = 1000
)

// page returns the machines of a page, in the order of their ids. Without a number of results it is
// the largest page that is allowed.
func page(operation string, machines []*machine, id func(*machine) string, results *int32, token string) ([]*machine, string, error) {
	if results != nil && (*results < minPage || *results > maxPage) {
		return nil, "", refusal(codeInvalid,
			"Value ( %d ) for parameter maxResults is invalid. Expecting a value from %d to %d.", *results, minPage, maxPage)
	}
	rows := func(yield func(string, *machine) bool) {
		for _, m := range machines {
			if !yield(id(m), m) {
				return
			}
		}
	}
	return protocol.Listing[*machine]{Operation: operation, Rows: rows, MaxResults: results, Most: maxPage, Token: token}.Page()
}
