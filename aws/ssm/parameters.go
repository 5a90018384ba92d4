package ssm

import (
	"cmp"
	"context"
	"slices"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/structs"
)

// dataTypeText is the data type of parameters that AWS does not look into, and the default.
const dataTypeText = "text"

func (c *call) putParameter(ctx context.Context, in *PutParameterRequest) (*PutParameterResult, error) {
	if err := cmp.Or(
		refuse("DataType "+in.DataType, "Gantry does not look into values", in.DataType != "" && in.DataType != dataTypeText),
		refuse("Policies", "parameters do not expire here", in.Policies != "" && in.Policies != "[]" && in.Policies != "[{}]"),
		protocol.CheckTags("Tags", tagsOf(in.Tags)),
	); err != nil {
		return nil, err
	}
	v, err := c.vault.PutParameter(ctx, vault.ParameterInput{
		Name: in.Name, Value: in.Value, Type: in.Type, KeyID: in.KeyId, Description: in.Description, AllowedPattern: in.AllowedPattern,
		Tier: in.Tier, Overwrite: in.Overwrite != nil && *in.Overwrite, Tags: tagsOf(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &PutParameterResult{Version: v.Number, Tier: v.Tier}, nil
}

func (c *call) deleteParameter(ctx context.Context, in *DeleteParameterRequest) (*none, error) {
	_, unknown, err := c.vault.DeleteParameters(ctx, []string{in.Name})
	if err == nil && len(unknown) > 0 {
		err = structs.Errorf(structs.KindResourceNotFound, "there is no parameter %s", in.Name)
	}
	return &none{}, err
}

func (c *call) deleteParameters(ctx context.Context, in *DeleteParametersRequest) (*DeleteParametersResult, error) {
	deleted, unknown, err := c.vault.DeleteParameters(ctx, in.Names)
	return &DeleteParametersResult{DeletedParameters: deleted, InvalidParameters: unknown}, err
}

// numberOf returns the number of a version; zero if none is given.
func numberOf(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func (c *call) labelParameterVersion(ctx context.Context, in *LabelParameterVersionRequest) (*LabelParameterVersionResult, error) {
	invalid, version, err := c.vault.LabelParameter(ctx, in.Name, numberOf(in.ParameterVersion), in.Labels, false)
	return &LabelParameterVersionResult{InvalidLabels: invalid, ParameterVersion: version}, err
}

func (c *call) unlabelParameterVersion(ctx context.Context, in *UnlabelParameterVersionRequest) (*UnlabelParameterVersionResult, error) {
	invalid, _, err := c.vault.LabelParameter(ctx, in.Name, numberOf(in.ParameterVersion), in.Labels, true)
	out := &UnlabelParameterVersionResult{InvalidLabels: invalid}
	for _, label := range in.Labels {
		if !slices.Contains(invalid, label) {
			out.RemovedLabels = append(out.RemovedLabels, label)
		}
	}
	return out, err
}

// checkKind refuses tags of other resources than parameters.
func checkKind(kind string) error {
	if kind == "Parameter" {
		return nil
	}
	return &protocol.Error{Status: 400, Code: "InvalidResourceType", Message: "ResourceType " + kind + ": only Parameter has tags here"}
}

func (c *call) addTagsToResource(ctx context.Context, in *AddTagsToResourceRequest) (*AddTagsToResourceResult, error) {
	if err := cmp.Or(checkKind(in.ResourceType), protocol.CheckTags("Tags", tagsOf(in.Tags))); err != nil {
		return nil, err
	}
	return &AddTagsToResourceResult{}, ofResource(c.vault.TagParameter(ctx, in.ResourceId, tagsOf(in.Tags)))
}

func (c *call) removeTagsFromResource(ctx context.Context, in *RemoveTagsFromResourceRequest) (*RemoveTagsFromResourceResult, error) {
	if err := checkKind(in.ResourceType); err != nil {
		return nil, err
	}
	return &RemoveTagsFromResourceResult{}, ofResource(c.vault.UntagParameter(ctx, in.ResourceId, in.TagKeys))
}

func (c *call) listTagsForResource(ctx context.Context, in *ListTagsForResourceRequest) (*ListTagsForResourceResult, error) {
	if err := checkKind(in.ResourceType); err != nil {
		return nil, err
	}
	p, err := c.vault.FindParameter(ctx, in.ResourceId)
	if err != nil {
		return nil, ofResource(err)
	}
	snap, err := c.vault.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := &ListTagsForResourceResult{}
	for _, t := range snap.Tags(structs.ParameterKey(p.Name)) {
		out.TagList = append(out.TagList, Tag{Key: t.Key, Value: t.Value})
	}
	return out, nil
}

// ofResource gives the error of a missing parameter the code that calls about tags have.
func ofResource(err error) error {
	if structs.KindOf(err) == structs.KindResourceNotFound {
		return &protocol.Error{Status: 400, Code: "InvalidResourceId", Message: err.Error()}
	}
	return err
}
