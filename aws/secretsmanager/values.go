package secretsmanager

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) getSecretValue(ctx context.Context, in *GetSecretValueRequest) (*GetSecretValueResponse, error) {
	v, err := c.vault.SecretValue(ctx, in.SecretId, in.VersionId, in.VersionStage)
	if err != nil {
		return nil, err
	}
	out := GetSecretValueResponse(c.entry(v))
	return &out, nil
}

// entry renders a value, which GetSecretValue and BatchGetSecretValue do alike.
func (c *call) entry(v vault.OpenedSecret) SecretValueEntry {
	out := SecretValueEntry{
		ARN: c.arn(v.Secret), Name: v.Secret.Name, VersionId: v.Version.ID, VersionStages: v.Version.Stages, CreatedDate: v.Version.CreatedAt,
	}
	if v.Version.Binary {
		out.SecretBinary = v.Content
	} else {
		out.SecretString = string(v.Content)
	}
	return out
}

// maxBatch is the most values of one answer, and the number if the caller gives none (Secrets
// Manager).
const maxBatch = 20

func (c *call) batchGetSecretValue(ctx context.Context, in *BatchGetSecretValueRequest) (*BatchGetSecretValueResponse, error) {
	if (len(in.SecretIdList) > 0) == (len(in.Filters) > 0) {
		return nil, structs.Errorf(structs.KindInvalidParameter, "You must include Filters or SecretIdList, but not both.")
	}
	ids := in.SecretIdList
	out := &BatchGetSecretValueResponse{}
	if len(in.Filters) > 0 {
		rows, err := c.filtered(ctx, in.Filters, false)
		if err != nil {
			return nil, err
		}
		names := func(yield func(string, string) bool) {
			for _, s := range rows {
				if !yield(s.Name, s.Name) {
					return
				}
			}
		}
		ids, out.NextToken, err = protocol.Listing[string]{
			Operation: "BatchGetSecretValue", Rows: names, MaxResults: in.MaxResults, Most: maxBatch, Token: in.NextToken,
		}.Page()
		if err != nil {
			return nil, err
		}
	}
	for _, id := range ids {
		v, err := c.oneOfBatch(ctx, id)
		if err == nil {
			out.SecretValues = append(out.SecretValues, c.entry(v))
			continue
		}
		of := APIErrorType{SecretId: id, Message: err.Error()}
		switch structs.KindOf(err) {
		case structs.KindResourceNotFound:
			of.ErrorCode = "ResourceNotFoundException"
		case structs.KindClient:
			of.ErrorCode = "InvalidRequestException"
		case structs.KindAccessDenied:
			of.ErrorCode = "AccessDeniedException"
		default:
			return nil, err
		}
		out.Errors = append(out.Errors, of)
	}
	return out, nil
}

// oneOfBatch reads one value if the caller may read it.
func (c *call) oneOfBatch(ctx context.Context, id string) (vault.OpenedSecret, error) {
	of, err := c.resource(ctx, id)
	if err != nil {
		return vault.OpenedSecret{}, err
	}
	of.Keys = c.request.PolicyKeys(nil, nil, of.tags)
	if err := control.AuthorizeAlso(ctx, "secretsmanager:GetSecretValue", of.Resource); err != nil {
		return vault.OpenedSecret{}, err
	}
	return c.vault.SecretValue(ctx, id, "", "")
}

func (c *call) getRandomPassword(_ context.Context, in *GetRandomPasswordRequest) (*GetRandomPasswordResponse, error) {
	is := func(b *bool) bool { return b != nil && *b }
	rules := vault.PasswordRules{
		Without: in.ExcludeCharacters, NoLower: is(in.ExcludeLowercase), NoUpper: is(in.ExcludeUppercase), NoNumbers: is(in.ExcludeNumbers),
		NoPunctuation: is(in.ExcludePunctuation), Space: is(in.IncludeSpace),
		AnyMix: in.RequireEachIncludedType != nil && !*in.RequireEachIncludedType,
	}
	if in.PasswordLength != nil {
		rules.Length = int(*in.PasswordLength)
	}
	password, err := vault.RandomPassword(rules)
	return &GetRandomPasswordResponse{RandomPassword: password}, err
}

// stages returns the stages of all versions that have any.
func stages(s *structs.StoredSecret) map[string][]string {
	out := map[string][]string{}
	for _, v := range s.Versions {
		if len(v.Stages) > 0 {
			out[v.ID] = slices.Clone(v.Stages)
		}
	}
	return out
}
