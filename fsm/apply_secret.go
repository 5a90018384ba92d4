package fsm

import (
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// The refusals of Secrets Manager, in its words.

func errSecretNotFound() *structs.Error {
	return structs.Errorf(structs.KindResourceNotFound, "Secrets Manager can't find the specified secret.")
}

func errSecretMarked() *structs.Error {
	return structs.Errorf(structs.KindClient, "You can't perform this operation on the secret because it was marked for deletion.")
}

func createSecret(tx *state.Tx, _ uint64, cmd structs.CreateSecret) (string, error) {
	switch old := tx.Secret(cmd.Secret.Name); {
	case old != nil && old.DeletedAt != 0:
		return "", structs.Errorf(structs.KindClient, "You can't create this secret because a secret with this name is already scheduled for deletion.")
	case old != nil:
		return "", structs.Errorf(structs.KindConflict, "The operation failed because the secret %s already exists.", old.Name)
	}
	for _, v := range cmd.Secret.Versions {
		if err := checkVaultKey(tx, v.Value); err != nil {
			return "", err
		}
	}
	tx.PutSecret(&cmd.Secret)
	tx.PutTags(structs.SecretKey(cmd.Secret.Name), cmd.Tags)
	return cmd.Secret.Name, nil
}

// writableSecret returns a secret that exists and is not marked for deletion.
func writableSecret(tx *state.Tx, name string) (*structs.StoredSecret, error) {
	s := tx.Secret(name)
	switch {
	case s == nil:
		return nil, errSecretNotFound()
	case s.DeletedAt != 0:
		return nil, errSecretMarked()
	}
	return s, nil
}

func changeSecret(tx *state.Tx, _ uint64, cmd structs.ChangeSecret) (string, error) {
	s, err := writableSecret(tx, cmd.Name)
	if err != nil {
		return "", err
	}
	made := *s
	made.ChangedAt = cmd.At
	if cmd.Description != nil {
		made.Description = *cmd.Description
	}
	if cmd.KMSKey != nil {
		made.KMSKey = *cmd.KMSKey
	}
	next := &made
	if v := cmd.Version; v != nil && s.Version(v.ID) == nil {
		if err := checkVaultKey(tx, v.Value); err != nil {
			return "", err
		}
		stages := cmd.Stages
		if len(s.Versions) == 0 && !slices.Contains(stages, structs.StageCurrent) {
			stages = append(slices.Clone(stages), structs.StageCurrent) // Secrets Manager does so
		}
		made.Versions = append(slices.Clone(s.Versions), *v)
		for _, stage := range stages {
			next = next.WithStage(stage, v.ID)
		}
		if next, err = pruned(next); err != nil {
			return "", err
		}
	}
	tx.PutSecret(next)
	return s.Name, nil
}

// pruned returns a secret with at most as many versions as are allowed: the oldest without a stage
// go.
func pruned(s *structs.StoredSecret) (*structs.StoredSecret, error) {
	for len(s.Versions) > structs.MaxSecretVersions {
		n := slices.IndexFunc(s.Versions, func(v structs.SecretVersion) bool { return len(v.Stages) == 0 })
		if n < 0 {
			return nil, structs.Errorf(structs.KindLimitExceeded, "The secret %s has %d versions with staging labels, and can have no more.", s.Name, structs.MaxSecretVersions)
		}
		made := *s
		made.Versions = slices.Delete(slices.Clone(s.Versions), n, n+1)
		s = &made
	}
	return s, nil
}

func markSecret(tx *state.Tx, _ uint64, cmd structs.MarkSecret) (string, error) {
	s := tx.Secret(cmd.Name)
	if s == nil {
		return "", errSecretNotFound()
	}
	if cmd.RemoveAt != 0 && s.DeletedAt != 0 {
		return "", errSecretMarked()
	}
	made := *s
	made.DeletedAt, made.RemoveAt = 0, cmd.RemoveAt
	if cmd.RemoveAt != 0 {
		made.DeletedAt = cmd.At
	}
	tx.PutSecret(&made)
	return s.Name, nil
}

func removeSecrets(tx *state.Tx, _ uint64, cmd structs.RemoveSecrets) (string, error) {
	for _, name := range cmd.Names {
		s := tx.Secret(name)
		if s == nil || cmd.Before != 0 && (s.RemoveAt == 0 || s.RemoveAt > cmd.Before) {
			continue
		}
		tx.RemoveSecret(s)
		tx.PutTags(structs.SecretKey(name), nil)
	}
	return "", nil
}

func stageSecret(tx *state.Tx, _ uint64, cmd structs.StageSecret) (string, error) {
	s, err := writableSecret(tx, cmd.Name)
	if err != nil {
		return "", err
	}
	for _, id := range []string{cmd.From, cmd.To} {
		if id != "" && s.Version(id) == nil {
			return "", structs.Errorf(structs.KindResourceNotFound, "Secrets Manager can't find the specified secret version: %s", id)
		}
	}
	switch at := s.Staged(cmd.Stage); {
	case at != nil && at.ID != cmd.From && at.ID != cmd.To:
		return "", structs.Errorf(structs.KindInvalidParameter,
			"The parameter RemoveFromVersionId can't be empty or another version. Staging label %s is currently attached to version %s, so you must explicitly reference that version in RemoveFromVersionId.", cmd.Stage, at.ID)
	case cmd.From != "" && (at == nil || at.ID != cmd.From):
		return "", structs.Errorf(structs.KindInvalidParameter, "Staging label %s is not attached to version %s.", cmd.Stage, cmd.From)
	case cmd.Stage == structs.StageCurrent && cmd.To == "":
		return "", structs.Errorf(structs.KindInvalidParameter, "You can only move staging label %s to a different secret version. It can't be completely removed.", cmd.Stage)
	}
	next := s.WithStage(cmd.Stage, cmd.To)
	if v := next.Version(cmd.To); v != nil && len(v.Stages) > structs.MaxSecretStages {
		return "", structs.Errorf(structs.KindLimitExceeded, "A version can have at most %d staging labels.", structs.MaxSecretStages)
	}
	made := *next
	made.ChangedAt = cmd.At
	tx.PutSecret(&made)
	return s.Name, nil
}
