// Package secretsmanager serves the AWS Secrets Manager API: secrets.go writes secrets, values.go
// reads their values, lists.go lists them. Rotations by Lambda, replicas and resource policies do
// not exist; what asks for one is refused.
//
// The *.gen.go files are written by aws/gen from the API's model.
package secretsmanager

import (
	"context"
	"reflect"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/structs"
)

// New returns the Secrets Manager API.
func New(v *vault.Vault) protocol.Service {
	frame := protocol.Frame[*call]{
		Open:      func(r *protocol.Request) *call { return &call{vault: v, arns: r.ARNs(), request: r} },
		Authorize: (*call).authorize,
	}
	return protocol.Service{
		API: API,
		Codes: map[structs.Kind]string{
			structs.KindConflict:           "ResourceExistsException",
			structs.KindClient:             "InvalidRequestException",
			structs.KindUnsupportedFeature: "InvalidParameterException",
		},
		Actions: map[string]protocol.Action{
			"BatchGetSecretValue":      protocol.Handle(frame, (*call).batchGetSecretValue),
			"CreateSecret":             protocol.Handle(frame, (*call).createSecret),
			"DeleteSecret":             protocol.Handle(frame, (*call).deleteSecret),
			"DescribeSecret":           protocol.Handle(frame, (*call).describeSecret),
			"GetRandomPassword":        protocol.Handle(frame, (*call).getRandomPassword),
			"GetResourcePolicy":        protocol.Handle(frame, (*call).getResourcePolicy),
			"GetSecretValue":           protocol.Handle(frame, (*call).getSecretValue),
			"ListSecretVersionIds":     protocol.Handle(frame, (*call).listSecretVersionIds),
			"ListSecrets":              protocol.Handle(frame, (*call).listSecrets),
			"PutSecretValue":           protocol.Handle(frame, (*call).putSecretValue),
			"RestoreSecret":            protocol.Handle(frame, (*call).restoreSecret),
			"TagResource":              protocol.Handle(frame, (*call).tagResource),
			"UntagResource":            protocol.Handle(frame, (*call).untagResource),
			"UpdateSecret":             protocol.Handle(frame, (*call).updateSecret),
			"UpdateSecretVersionStage": protocol.Handle(frame, (*call).updateSecretVersionStage),
		},
	}
}

// call is one request in an action.
type call struct {
	vault   *vault.Vault
	arns    protocol.ARNs
	request *protocol.Request
}

// none is an answer without members.
type none struct{}

// arn returns the ARN of a secret.
func (c *call) arn(s *structs.StoredSecret) string { return c.arns.Of(s.Resource()) }

// authorize asks whether the caller may carry out an action on the secret that the request names.
func (c *call) authorize(ctx context.Context, r *protocol.Request, in any) error {
	if control.CallerOf(ctx) == nil {
		return nil
	}
	request := reflect.ValueOf(in).Elem()
	text := func(member string) string {
		if field := request.FieldByName(member); field.IsValid() {
			return field.String()
		}
		return ""
	}
	tags := []Tag{}
	if field := request.FieldByName("Tags"); field.IsValid() {
		tags, _ = field.Interface().([]Tag)
	}
	var tagKeys []string
	if field := request.FieldByName("TagKeys"); field.IsValid() {
		tagKeys, _ = field.Interface().([]string)
	}
	if name := text("Name"); name != "" {
		of := control.Resource{ARN: c.newARN(name), Keys: r.PolicyKeys(tagsOf(tags), nil, nil)}
		if err := control.Authorize(ctx, r.Action(), of); err != nil || len(tags) == 0 {
			return err
		}
		return control.AuthorizeAlso(ctx, "secretsmanager:TagResource", of)
	}
	if id := text("SecretId"); id != "" {
		of, err := c.resource(ctx, id)
		if err != nil {
			return err
		}
		of.Keys = r.PolicyKeys(tagsOf(tags), tagKeys, of.tags)
		return control.Authorize(ctx, r.Action(), of.Resource)
	}
	return control.Authorize(ctx, r.Action())
}

// newARN stands for the ARN of a secret that does not exist yet: its six characters are not known.
func (c *call) newARN(name string) string { return c.arns.Of("secret:" + name + "-??????") }

// named is a resource with its tags.
type named struct {
	control.Resource
	tags []structs.Tag
}

// resource resolves a secret as the action itself does, so that no spelling evades a policy.
func (c *call) resource(ctx context.Context, id string) (named, error) {
	s, err := c.vault.FindSecret(ctx, id)
	if structs.KindOf(err) == structs.KindResourceNotFound {
		name := id
		if a, err := structs.ParseSecretAddress(id); err == nil && a.ARN {
			name = a.Name
		}
		return named{Resource: control.Resource{ARN: c.newARN(name)}}, nil
	}
	if err != nil {
		return named{}, err
	}
	snap, err := c.vault.Read(control.AllowStale(ctx))
	if err != nil {
		return named{}, err
	}
	return named{control.Resource{ARN: c.arn(s)}, snap.Tags(structs.SecretKey(s.Name))}, nil
}

func tagsOf(in []Tag) (out []structs.Tag) {
	for _, t := range in {
		out = append(out, structs.Tag{Key: t.Key, Value: t.Value})
	}
	return out
}

func renderTags(in []structs.Tag) []Tag {
	out := []Tag{}
	for _, t := range in {
		out = append(out, Tag{Key: t.Key, Value: t.Value})
	}
	return out
}

// refuse refuses members of a request that Gantry does not have.
func refuse(member, why string, given bool) error {
	if !given {
		return nil
	}
	return structs.Errorf(structs.KindUnsupportedFeature, "%s is not supported: %s; leave it out", member, why)
}
