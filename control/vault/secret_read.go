package vault

import (
	"context"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func errNoSecret() error {
	return structs.Errorf(structs.KindResourceNotFound, "Secrets Manager can't find the specified secret.")
}

// FindSecret returns the secret with a name or an ARN. The ARN may leave out the six characters at
// its end, or have those of another account.
func (v *Vault) FindSecret(ctx context.Context, id string) (*structs.StoredSecret, error) {
	snap, err := v.Read(ctx)
	if err != nil {
		return nil, err
	}
	if s := secretNamed(snap, id); s != nil {
		return s, nil
	}
	return nil, errNoSecret()
}

// secretNamed returns the secret that a name or an ARN means, or nil if there is none.
func secretNamed(snap *state.Snapshot, id string) *structs.StoredSecret {
	if !strings.HasPrefix(id, "arn:") {
		return snap.Secret(id)
	}
	a, err := structs.ParseSecretAddress(id)
	if err != nil || a.Parameter {
		return nil
	}
	return secretOfARN(snap, a.Name)
}

// secretOfARN returns the secret that the last part of an ARN means. Several can be meant: the one
// whose own ARN it is, goes first.
func secretOfARN(snap *state.Snapshot, inARN string) *structs.StoredSecret {
	var found *structs.StoredSecret
	if n := strings.LastIndexByte(inARN, '-'); n > 0 { // its own ARN, whatever the six characters are
		if s := snap.Secret(inARN[:n]); s != nil && s.Suffix == inARN[n+1:] {
			return s
		}
	}
	for _, name := range structs.SecretNames(inARN) {
		s := snap.Secret(name)
		if s != nil { // the name as it was written goes before the one without AWS's characters
			found = s
		}
	}
	return found
}

// OpenedSecret is one value of a secret.
type OpenedSecret struct {
	Secret  *structs.StoredSecret
	Version *structs.SecretVersion
	Content []byte
}

// SecretValue returns a value of a secret: of the version with an id, with a stage, or both; of
// AWSCURRENT if neither is given.
func (v *Vault) SecretValue(ctx context.Context, name, version, stage string) (OpenedSecret, error) {
	snap, err := v.Read(ctx)
	if err != nil {
		return OpenedSecret{}, err
	}
	s := secretNamed(snap, name)
	if s == nil {
		return OpenedSecret{}, errNoSecret()
	}
	return v.openSecret(snap, s, version, stage)
}

// openSecret is SecretValue of a secret in a state.
func (v *Vault) openSecret(snap *state.Snapshot, s *structs.StoredSecret, version, stage string) (OpenedSecret, error) {
	if s.DeletedAt != 0 {
		return OpenedSecret{}, structs.Errorf(structs.KindClient, "You can't perform this operation on the secret because it was marked for deletion.")
	}
	if version == "" && stage == "" {
		stage = structs.StageCurrent
	}
	var of *structs.SecretVersion
	if version != "" {
		of = s.Version(version)
	} else {
		of = s.Staged(stage)
	}
	switch {
	case of == nil && version != "":
		return OpenedSecret{}, structs.Errorf(structs.KindResourceNotFound, "Secrets Manager can't find the specified secret value for VersionId: %s", version)
	case of == nil:
		return OpenedSecret{}, structs.Errorf(structs.KindResourceNotFound, "Secrets Manager can't find the specified secret value for staging label: %s", stage)
	case !stagesHave(of, stage):
		return OpenedSecret{}, structs.Errorf(structs.KindClient, "You provided a VersionStage that is not associated to the provided VersionId.")
	}
	content, err := v.unseal(snap, structs.SecretSealName(s.Name, of.ID), of.Value)
	return OpenedSecret{s, of, content}, err
}
