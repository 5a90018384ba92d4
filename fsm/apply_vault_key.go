package fsm

import (
	"bytes"
	"slices"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func putVaultKey(tx *state.Tx, _ uint64, cmd structs.PutVaultKey) (string, error) {
	if newest := tx.NewestVaultKey(); newest == nil || newest.Number < cmd.Key.Number {
		tx.PutVaultKey(&cmd.Key)
	}
	return "", nil
}

// checkVaultKey refuses a value that is sealed with a key that is gone: a rotation ended since. The
// caller seals it anew.
func checkVaultKey(tx *state.Tx, v structs.SealedValue) error {
	if tx.VaultKey(v.Key) == nil {
		return structs.Errorf(structs.KindUnavailable, "the key that secrets are sealed with was replaced meanwhile; try again")
	}
	return nil
}

func reseal(tx *state.Tx, _ uint64, cmd structs.Reseal) (string, error) {
	for _, v := range cmd.Values {
		if tx.VaultKey(v.Value.Key) == nil {
			continue
		}
		switch {
		case v.Secret != "":
			resealSecret(tx, v)
		case v.Certificate != "":
			resealCertificate(tx, v)
		case v.File != "":
			resealACMEFile(tx, v)
		default:
			resealParameter(tx, v)
		}
	}
	if cmd.Retire {
		retireVaultKeys(tx)
	}
	return "", nil
}

func isValue(a, b structs.SealedValue) bool {
	return a.Key == b.Key && bytes.Equal(a.Content, b.Content)
}

func resealSecret(tx *state.Tx, v structs.ResealedValue) {
	s := tx.Secret(v.Secret)
	if s == nil {
		return
	}
	n := slices.IndexFunc(s.Versions, func(of structs.SecretVersion) bool { return of.ID == v.Version && isValue(of.Value, v.Was) })
	if n < 0 {
		return
	}
	made := *s
	made.Versions = slices.Clone(s.Versions)
	made.Versions[n].Value = v.Value
	tx.PutSecret(&made)
}

func resealParameter(tx *state.Tx, v structs.ResealedValue) {
	p := tx.Parameter(v.Parameter)
	if p == nil {
		return
	}
	n := slices.IndexFunc(p.Versions, func(of structs.ParameterVersion) bool { return of.ID == v.Version && isValue(of.Value, v.Was) })
	if n < 0 {
		return
	}
	made := *p
	made.Versions = slices.Clone(p.Versions)
	made.Versions[n].Value = v.Value
	tx.PutParameter(&made)
}

func resealCertificate(tx *state.Tx, v structs.ResealedValue) {
	if c := tx.Certificate(v.Certificate); c != nil && isValue(c.Key, v.Was) {
		made := *c
		made.Key = v.Value
		tx.PutCertificate(&made)
	}
}

func resealACMEFile(tx *state.Tx, v structs.ResealedValue) {
	if f := tx.ACMEFile(v.File); f != nil && isValue(f.Value, v.Was) {
		made := *f
		made.Value = v.Value
		tx.PutACMEFile(&made)
	}
}

// retireVaultKeys removes the keys that nothing is sealed with, except the newest.
func retireVaultKeys(tx *state.Tx) {
	used := map[string]bool{}
	for s := range tx.Secrets() {
		for _, v := range s.Versions {
			used[v.Value.Key] = true
		}
	}
	for p := range tx.Parameters("") {
		for _, v := range p.Versions {
			used[v.Value.Key] = true
		}
	}
	for c := range tx.Certificates() {
		used[c.Key.Key] = true
	}
	for f := range tx.ACMEFiles() {
		used[f.Value.Key] = true
	}
	newest := tx.NewestVaultKey()
	for _, k := range slices.Collect(tx.VaultKeys()) {
		if k != newest && !used[k.ID] {
			tx.RemoveVaultKey(k)
		}
	}
}
