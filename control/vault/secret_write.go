package vault

import (
	"bytes"
	"context"
	"crypto/subtle"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// SecretValue is a value to store. Exactly one of Text and Binary is set.
type SecretValue struct {
	Text   string
	Binary []byte
}

func (s SecretValue) empty() bool { return s.Text == "" && len(s.Binary) == 0 }

// content returns the bytes of the value.
func (s SecretValue) content() []byte {
	if len(s.Binary) > 0 {
		return s.Binary
	}
	return []byte(s.Text)
}

// check refuses values that Secrets Manager does not take.
func (s SecretValue) check() error {
	switch {
	case s.Text != "" && len(s.Binary) > 0:
		return structs.Errorf(structs.KindInvalidParameter, "You can't specify both a binary secret value and a string secret value in the same secret.")
	case len(s.content()) > structs.MaxSecretValue:
		return structs.Errorf(structs.KindInvalidParameter, "The secret value has %d bytes; it can have at most %d.", len(s.content()), structs.MaxSecretValue)
	}
	return nil
}

// SecretInput is a secret to create or change, or a value for one.
type SecretInput struct {
	Name                string  // of the secret; when it is changed, its name or ARN
	Description, KMSKey *string // nil: as it is
	Value               SecretValue
	Token               string   // the id of the version; empty: a random one
	Stages              []string // of the version; empty: AWSCURRENT
	Tags                []structs.Tag
}

// version returns the version that the input makes, without its value; nil if it has none.
func (v *Vault) version(in *SecretInput) *structs.SecretVersion {
	if in.Value.empty() {
		return nil
	}
	if in.Token == "" {
		in.Token = newToken()
	}
	return &structs.SecretVersion{ID: in.Token, Binary: len(in.Value.Binary) > 0, CreatedAt: v.control.Now()}
}

const hexDigits = "0123456789abcdef"

// newToken returns a random UUID, as AWS's SDKs make.
func newToken() string {
	t := []byte(randomText(36, hexDigits))
	t[8], t[13], t[18], t[23], t[14] = '-', '-', '-', '-', '4'
	t[19] = "89ab"[bytes.IndexByte([]byte(hexDigits), t[19])%4]
	return string(t)
}

// suffixAlphabet has the characters at the end of a secret's ARN.
const suffixAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// CreateSecret creates a secret, with a value if one is given. The same input again, with the same
// token, finds the secret.
func (v *Vault) CreateSecret(ctx context.Context, in SecretInput) (*structs.StoredSecret, string, error) {
	if !structs.ValidSecretName(in.Name) {
		return nil, "", structs.Errorf(structs.KindInvalidParameter,
			"Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@! It is '%s'.", in.Name)
	}
	if err := in.Value.check(); err != nil {
		return nil, "", err
	}
	secret := structs.StoredSecret{Name: in.Name, Suffix: randomText(6, suffixAlphabet), CreatedAt: v.control.Now()}
	secret.ChangedAt = secret.CreatedAt
	if in.Description != nil {
		secret.Description = *in.Description
	}
	if in.KMSKey != nil {
		secret.KMSKey = *in.KMSKey
	}
	version := v.version(&in)
	_, err := v.apply(ctx, func(key *sealingKey) structs.Command {
		secret.Versions = nil
		if version != nil {
			version.Stages = []string{structs.StageCurrent}
			version.Value = key.seal(structs.SecretSealName(in.Name, version.ID), in.Value.content())
			secret.Versions = []structs.SecretVersion{*version}
		}
		return structs.CreateSecret{Secret: secret, Tags: in.Tags}
	})
	snap, readErr := v.present(ctx)
	if readErr != nil {
		return nil, "", readErr
	}
	if err != nil {
		if structs.KindOf(err) != structs.KindConflict || version == nil {
			return nil, "", err
		}
		// the answer to an earlier call may have been lost
		old := snap.Secret(in.Name)
		if old == nil || old.Version(version.ID) == nil || !v.same(ctx, old, version.ID, in.Value) {
			return nil, "", err
		}
	}
	return snap.Secret(in.Name), in.Token, nil
}

// ChangeSecret changes a secret, and gives it a value if there is one. It returns the id of the
// version; empty: there is no value.
func (v *Vault) ChangeSecret(ctx context.Context, in SecretInput) (*structs.StoredSecret, *structs.SecretVersion, error) {
	if err := in.Value.check(); err != nil {
		return nil, nil, err
	}
	secret, err := v.FindSecret(ctx, in.Name)
	if err != nil {
		return nil, nil, err
	}
	name := secret.Name
	stages := in.Stages
	if len(stages) == 0 {
		stages = []string{structs.StageCurrent}
	}
	version := v.version(&in)
	_, err = v.apply(ctx, func(key *sealingKey) structs.Command {
		cmd := structs.ChangeSecret{Name: name, Description: in.Description, KMSKey: in.KMSKey, At: v.control.Now()}
		if version != nil {
			version.Value = key.seal(structs.SecretSealName(name, version.ID), in.Value.content())
			cmd.Version, cmd.Stages = version, stages
		}
		return cmd
	})
	if err != nil {
		return nil, nil, err
	}
	snap, err := v.present(ctx)
	if err != nil {
		return nil, nil, err
	}
	if secret = snap.Secret(name); secret == nil {
		return nil, nil, errNoSecret()
	}
	if version == nil {
		return secret, nil, nil
	}
	if !v.same(ctx, secret, version.ID, in.Value) {
		return nil, nil, structs.Errorf(structs.KindConflict,
			"You can't use ClientRequestToken %s because that value is already in use for a version of secret %s.", version.ID, name)
	}
	return secret, secret.Version(version.ID), nil
}

// same reports whether a version has a value: the call that made it is repeated then.
func (v *Vault) same(ctx context.Context, s *structs.StoredSecret, version string, value SecretValue) bool {
	snap, err := v.present(ctx)
	of := s.Version(version)
	if err != nil || of == nil || of.Binary != (len(value.Binary) > 0) {
		return false
	}
	content, err := v.unseal(snap, structs.SecretSealName(s.Name, version), of.Value)
	return err == nil && subtle.ConstantTimeCompare(content, value.content()) == 1
}

// StageSecret moves a stage of a secret from one version to another.
func (v *Vault) StageSecret(ctx context.Context, name, stage, from, to string) (*structs.StoredSecret, error) {
	secret, err := v.FindSecret(ctx, name)
	if err != nil {
		return nil, err
	}
	_, err = v.log.Apply(ctx, structs.StageSecret{Name: secret.Name, Stage: stage, From: from, To: to, At: v.control.Now()})
	return secret, err
}

// The recovery window of a deleted secret, in days (Secrets Manager).
const (
	defaultWindow = 30
	minWindow     = 7
)

const day = structs.Time(24 * 60 * 60 * 1000)

// DeleteSecret marks a secret for deletion after a number of days (zero: the default), or removes
// it at once. It returns the secret and when it is removed.
func (v *Vault) DeleteSecret(ctx context.Context, name string, days int64, force bool) (*structs.StoredSecret, structs.Time, error) {
	now := v.control.Now()
	secret, err := v.FindSecret(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	if force {
		_, err := v.log.Apply(ctx, structs.RemoveSecrets{Names: []string{secret.Name}})
		return secret, now, err
	}
	if days == 0 {
		days = defaultWindow
	}
	if days < minWindow || days > defaultWindow {
		return nil, 0, structs.Errorf(structs.KindInvalidParameter, "The RecoveryWindowInDays value must be between %d and %d days (inclusive).", minWindow, defaultWindow)
	}
	at := now + structs.Time(days)*day
	_, err = v.log.Apply(ctx, structs.MarkSecret{Name: secret.Name, At: now, RemoveAt: at})
	return secret, at, err
}

// RestoreSecret takes the mark for deletion away.
func (v *Vault) RestoreSecret(ctx context.Context, name string) (*structs.StoredSecret, error) {
	secret, err := v.FindSecret(ctx, name)
	if err != nil {
		return nil, err
	}
	_, err = v.log.Apply(ctx, structs.MarkSecret{Name: secret.Name})
	return secret, err
}

// TagSecret sets tags on a secret, and UntagSecret removes tags by key.
func (v *Vault) TagSecret(ctx context.Context, name string, tags []structs.Tag) error {
	secret, err := v.FindSecret(ctx, name)
	if err != nil {
		return err
	}
	return v.control.Tag(ctx, structs.SecretKey(secret.Name), tags)
}

// UntagSecret removes tags of a secret by key.
func (v *Vault) UntagSecret(ctx context.Context, name string, keys []string) error {
	secret, err := v.FindSecret(ctx, name)
	if err != nil {
		return err
	}
	return v.control.Untag(ctx, structs.SecretKey(secret.Name), keys)
}

// stagesHave reports whether a version has a stage; an empty stage means any.
func stagesHave(v *structs.SecretVersion, stage string) bool {
	return stage == "" || slices.Contains(v.Stages, stage)
}
