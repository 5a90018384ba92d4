package secretsmanager

import (
	"cmp"
	"context"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/structs"
)

// optional returns nil for a text that is not given.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// typed are the secrets of other companies' products, which AWS rotates.
const typed = "there are no managed external secrets here"

func (c *call) createSecret(ctx context.Context, in *CreateSecretRequest) (*CreateSecretResponse, error) {
	if err := cmp.Or(
		refuse("AddReplicaRegions", "there is one region here", len(in.AddReplicaRegions) > 0),
		refuse("Type", typed, in.Type != ""),
		protocol.CheckTags("Tags", tagsOf(in.Tags)),
	); err != nil {
		return nil, err
	}
	s, version, err := c.vault.CreateSecret(ctx, vault.SecretInput{
		Name: in.Name, Description: optional(in.Description), KMSKey: optional(in.KmsKeyId), Token: in.ClientRequestToken,
		Value: vault.SecretValue{Text: in.SecretString, Binary: in.SecretBinary}, Tags: tagsOf(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	out := &CreateSecretResponse{ARN: c.arn(s), Name: s.Name}
	if len(s.Versions) > 0 {
		out.VersionId = version
	}
	return out, nil
}

func (c *call) updateSecret(ctx context.Context, in *UpdateSecretRequest) (*UpdateSecretResponse, error) {
	if err := refuse("Type", typed, in.Type != ""); err != nil {
		return nil, err
	}
	s, version, err := c.vault.ChangeSecret(ctx, vault.SecretInput{
		Name: in.SecretId, Description: optional(in.Description), KMSKey: optional(in.KmsKeyId), Token: in.ClientRequestToken,
		Value: vault.SecretValue{Text: in.SecretString, Binary: in.SecretBinary},
	})
	if err != nil {
		return nil, err
	}
	out := &UpdateSecretResponse{ARN: c.arn(s), Name: s.Name}
	if version != nil {
		out.VersionId = version.ID
	}
	return out, nil
}

func (c *call) putSecretValue(ctx context.Context, in *PutSecretValueRequest) (*PutSecretValueResponse, error) {
	if in.SecretString == "" && len(in.SecretBinary) == 0 {
		return nil, structs.Errorf(structs.KindInvalidParameter, "You must provide either SecretString or SecretBinary.")
	}
	if err := refuse("RotationToken", "Gantry does not rotate values", in.RotationToken != ""); err != nil {
		return nil, err
	}
	s, version, err := c.vault.ChangeSecret(ctx, vault.SecretInput{
		Name: in.SecretId, Token: in.ClientRequestToken, Stages: in.VersionStages,
		Value: vault.SecretValue{Text: in.SecretString, Binary: in.SecretBinary},
	})
	if err != nil {
		return nil, err
	}
	return &PutSecretValueResponse{ARN: c.arn(s), Name: s.Name, VersionId: version.ID, VersionStages: version.Stages}, nil
}

func (c *call) updateSecretVersionStage(ctx context.Context, in *UpdateSecretVersionStageRequest) (*UpdateSecretVersionStageResponse, error) {
	if in.RemoveFromVersionId == "" && in.MoveToVersionId == "" {
		return nil, structs.Errorf(structs.KindInvalidParameter, "You must provide RemoveFromVersionId, MoveToVersionId or both.")
	}
	s, err := c.vault.StageSecret(ctx, in.SecretId, in.VersionStage, in.RemoveFromVersionId, in.MoveToVersionId)
	if err != nil {
		return nil, err
	}
	return &UpdateSecretVersionStageResponse{ARN: c.arn(s), Name: s.Name}, nil
}

func (c *call) deleteSecret(ctx context.Context, in *DeleteSecretRequest) (*DeleteSecretResponse, error) {
	force := in.ForceDeleteWithoutRecovery != nil && *in.ForceDeleteWithoutRecovery
	if force && in.RecoveryWindowInDays != nil {
		return nil, structs.Errorf(structs.KindInvalidParameter,
			"You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
	}
	var days int64
	if in.RecoveryWindowInDays != nil {
		if days = *in.RecoveryWindowInDays; days == 0 {
			days = -1 // not the default
		}
	}
	s, at, err := c.vault.DeleteSecret(ctx, in.SecretId, days, force)
	if force && structs.KindOf(err) == structs.KindResourceNotFound {
		// As in AWS, a secret that is deleted at once need not exist.
		name := in.SecretId
		if a, err := structs.ParseSecretAddress(name); err == nil && a.ARN {
			name = structs.SecretNames(a.Name)[0]
		}
		return &DeleteSecretResponse{ARN: c.arns.Of("secret:" + name), Name: name, DeletionDate: c.vault.Now()}, nil
	}
	if err != nil {
		return nil, err
	}
	return &DeleteSecretResponse{ARN: c.arn(s), Name: s.Name, DeletionDate: at}, nil
}

func (c *call) restoreSecret(ctx context.Context, in *RestoreSecretRequest) (*RestoreSecretResponse, error) {
	s, err := c.vault.RestoreSecret(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	return &RestoreSecretResponse{ARN: c.arn(s), Name: s.Name}, nil
}

func (c *call) tagResource(ctx context.Context, in *TagResourceRequest) (*none, error) {
	if err := protocol.CheckTags("Tags", tagsOf(in.Tags)); err != nil {
		return nil, err
	}
	return &none{}, c.vault.TagSecret(ctx, in.SecretId, tagsOf(in.Tags))
}

func (c *call) untagResource(ctx context.Context, in *UntagResourceRequest) (*none, error) {
	return &none{}, c.vault.UntagSecret(ctx, in.SecretId, in.TagKeys)
}

// getResourcePolicy answers that there is none, which tools that read a secret's settings ask.
func (c *call) getResourcePolicy(ctx context.Context, in *GetResourcePolicyRequest) (*GetResourcePolicyResponse, error) {
	s, err := c.vault.FindSecret(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	return &GetResourcePolicyResponse{ARN: c.arn(s), Name: s.Name}, nil
}
