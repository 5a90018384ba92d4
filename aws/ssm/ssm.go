// Package ssm serves the part of the AWS Systems Manager API about parameters: parameters.go writes
// them, values.go reads them, lists.go lists them. sessions.go has the sessions of ECS Exec.
//
// The *.gen.go files are written by aws/gen from the API's model.
package ssm

import (
	"iter"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/structs"
)

// New returns the Systems Manager API.
func New(c *control.Control, v *vault.Vault) protocol.Service {
	frame := protocol.Frame[*call]{
		Open:      func(r *protocol.Request) *call { return &call{vault: v, arns: r.ARNs(), request: r} },
		Authorize: (*call).authorize,
	}
	s := protocol.Service{
		API: API,
		Codes: map[structs.Kind]string{
			structs.KindInvalidParameter: "ValidationException",
			structs.KindResourceNotFound: "ParameterNotFound",
			structs.KindMissingVersion:   "ParameterVersionNotFound",
			structs.KindConflict:         "ParameterAlreadyExists",
			structs.KindLimitExceeded:    "ParameterMaxVersionLimitExceeded",
		},
		Actions: map[string]protocol.Action{
			"AddTagsToResource":       protocol.Handle(frame, (*call).addTagsToResource),
			"DeleteParameter":         protocol.Handle(frame, (*call).deleteParameter),
			"DeleteParameters":        protocol.Handle(frame, (*call).deleteParameters),
			"DescribeParameters":      protocol.Handle(frame, (*call).describeParameters),
			"GetParameter":            protocol.Handle(frame, (*call).getParameter),
			"GetParameterHistory":     protocol.Handle(frame, (*call).getParameterHistory),
			"GetParameters":           protocol.Handle(frame, (*call).getParameters),
			"GetParametersByPath":     protocol.Handle(frame, (*call).getParametersByPath),
			"LabelParameterVersion":   protocol.Handle(frame, (*call).labelParameterVersion),
			"ListTagsForResource":     protocol.Handle(frame, (*call).listTagsForResource),
			"PutParameter":            protocol.Handle(frame, (*call).putParameter),
			"RemoveTagsFromResource":  protocol.Handle(frame, (*call).removeTagsFromResource),
			"UnlabelParameterVersion": protocol.Handle(frame, (*call).unlabelParameterVersion),
		},
	}
	addSessions(s.Actions, c)
	return s
}

// call is one request in an action.
type call struct {
	vault   *vault.Vault
	arns    protocol.ARNs
	request *protocol.Request
}

// view is the state that an answer is made from. Its rows are never changed.
type view interface {
	Parameter(name string) *structs.Parameter
	Parameters(prefix string) iter.Seq[*structs.Parameter]
	Tags(resource structs.ResourceKey) []structs.Tag
}

// none is an answer without members.
type none struct{}

// arn returns the ARN of a parameter.
func (c *call) arn(name string) string { return c.arns.Of(structs.ParameterResource(name)) }

// refuse refuses members of a request that Gantry does not have.
func refuse(member, why string, given bool) error {
	if !given {
		return nil
	}
	return structs.Errorf(structs.KindUnsupportedFeature, "%s is not supported: %s; leave it out", member, why)
}

func tagsOf(in []Tag) (out []structs.Tag) {
	for _, t := range in {
		out = append(out, structs.Tag{Key: t.Key, Value: t.Value})
	}
	return out
}
