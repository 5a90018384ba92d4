package ssm

import (
	"context"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/structs"
)

// authorize asks whether the caller may carry out an action on all parameters that the request
// names.
func (c *call) authorize(ctx context.Context, r *protocol.Request, in any) error {
	if control.CallerOf(ctx) == nil {
		return nil
	}
	names, tags, tagKeys := namedBy(in)
	snap, err := c.vault.Read(ctx)
	if err != nil {
		return err
	}
	var of []control.Resource
	for _, name := range names {
		of = append(of, c.resource(snap, r, name, tags, tagKeys))
	}
	if err := control.Authorize(ctx, r.Action(), of...); err != nil {
		return err
	}
	if _, puts := in.(*PutParameterRequest); puts && len(tags) > 0 {
		return control.AuthorizeAlso(ctx, "ssm:AddTagsToResource", of...)
	}
	return nil
}

// namedBy returns the parameters that a request names, the tags that it gives and the keys of those
// that it takes away.
func namedBy(in any) (names []string, tags []structs.Tag, tagKeys []string) {
	switch in := in.(type) {
	case *PutParameterRequest:
		return []string{in.Name}, tagsOf(in.Tags), nil
	case *GetParameterRequest:
		return []string{in.Name}, nil, nil
	case *GetParametersRequest:
		return in.Names, nil, nil
	case *GetParametersByPathRequest:
		return []string{in.Path}, nil, nil
	case *GetParameterHistoryRequest:
		return []string{in.Name}, nil, nil
	case *DeleteParameterRequest:
		return []string{in.Name}, nil, nil
	case *DeleteParametersRequest:
		return in.Names, nil, nil
	case *LabelParameterVersionRequest:
		return []string{in.Name}, nil, nil
	case *UnlabelParameterVersionRequest:
		return []string{in.Name}, nil, nil
	case *AddTagsToResourceRequest:
		return []string{in.ResourceId}, tagsOf(in.Tags), nil
	case *RemoveTagsFromResourceRequest:
		return []string{in.ResourceId}, nil, in.TagKeys
	case *ListTagsForResourceRequest:
		return []string{in.ResourceId}, nil, nil
	}
	return nil, nil, nil
}

// resource resolves a name as the action itself does, so that no spelling evades a policy.
func (c *call) resource(snap view, r *protocol.Request, text string, tags []structs.Tag, tagKeys []string) control.Resource {
	name := text
	if a, err := structs.ParseSecretAddress(text); err == nil && a.Parameter {
		name, text = a.Name, strings.TrimSuffix(text, ":"+a.Selector)
	}
	if p := vault.ParameterNamed(snap, text); p != nil {
		name = p.Name
	}
	return control.Resource{ARN: c.arn(name), Keys: r.PolicyKeys(tags, tagKeys, snap.Tags(structs.ParameterKey(name)))}
}
