// Package ssm serves the part of the AWS Systems Manager API about parameters: parameters.go writes
// them, values.go reads them.
//
// The *.gen.go files are written by aws/gen from the API's model.
package ssm

import (
	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// New returns the Systems Manager API.
func New(c *control.Control) protocol.Service {
	frame := protocol.Frame[*call]{
		Open: func(r *protocol.Request) *call { return &call{control: c, arns: r.ARNs()} },
	}
	s := protocol.Service{
		API: API,
		Codes: map[structs.Kind]string{
			structs.KindInvalidParameter: "ValidationException",
		},
		Actions: map[string]protocol.Action{},
	}
	addParameters(s.Actions, frame)
	addSessions(s.Actions, c)
	return s
}

// call is one request in an action.
type call struct {
	control *control.Control
	arns    protocol.ARNs
}
