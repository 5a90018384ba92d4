package vault

import (
	"context"
	"crypto/rand"
	"encoding/hex"

	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// sealingKey seals new values.
type sealingKey struct {
	id     string
	sealer *security.Sealer
}

func (k *sealingKey) seal(name string, content []byte) structs.SealedValue {
	return structs.SealedValue{Key: k.id, Content: k.sealer.Seal(name, content)}
}

// newestKey returns the key for new values. The first value makes the first key.
func (v *Vault) newestKey(ctx context.Context) (*sealingKey, error) {
	if v.sealer == nil {
		return nil, structs.Errorf(structs.KindUnsupportedFeature, "this server has no key for secrets")
	}
	snap, err := v.present(ctx)
	if err != nil {
		return nil, err
	}
	if snap.NewestVaultKey() == nil {
		if snap, err = v.addKey(ctx); err != nil {
			return nil, err
		}
	}
	key := snap.NewestVaultKey()
	sealer, err := v.open(key)
	if err != nil {
		return nil, err
	}
	return &sealingKey{key.ID, sealer}, nil
}

// addKey adds a key after the newest. If somebody else adds one at the same time, there is only
// that one.
func (v *Vault) addKey(ctx context.Context) (*state.Snapshot, error) {
	snap, err := v.Read(ctx)
	if err != nil {
		return nil, err
	}
	var id [16]byte
	var content [32]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	_, _ = rand.Read(content[:])
	key := structs.VaultKey{Number: 1, ID: hex.EncodeToString(id[:]), CreatedAt: v.control.Now()}
	if newest := snap.NewestVaultKey(); newest != nil {
		key.Number = newest.Number + 1
	}
	key.Sealed = v.sealer.Seal(structs.VaultKeySealName(key.ID), content[:])
	if _, err := v.log.Apply(ctx, structs.PutVaultKey{Key: key}); err != nil {
		return nil, err
	}
	return v.present(ctx)
}

// open returns what a key of state seals and opens.
func (v *Vault) open(key *structs.VaultKey) (*security.Sealer, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if s := v.keys[key.ID]; s != nil {
		return s, nil
	}
	content, err := v.sealer.Open(structs.VaultKeySealName(key.ID), key.Sealed)
	if err != nil {
		return nil, structs.Errorf(structs.KindUnavailable,
			"this server cannot open the key of the cluster's secrets: it was made under another cluster secret. "+
				"Start the server with the --secret-file that the secrets were stored under (without one, with the file server/seal.key of that data directory)")
	}
	s, err := security.NewSealer(content)
	if err != nil {
		return nil, err
	}
	v.keys[key.ID] = s
	return s, nil
}

// unseal returns a value of state.
func (v *Vault) unseal(snap *state.Snapshot, name string, value structs.SealedValue) ([]byte, error) {
	key := snap.VaultKey(value.Key)
	if key == nil {
		return nil, structs.Errorf(structs.KindInternal, "the key %s of %s is not in state", value.Key, name)
	}
	sealer, err := v.open(key)
	if err != nil {
		return nil, err
	}
	return sealer.Open(name, value.Content)
}

const (
	// resealSize and resealCount bound the values of one log entry of a rotation.
	resealSize  = 1 << 20 // bytes
	resealCount = 500
)

// RotateKey makes a new key, seals every value with it, and removes the keys before it. A rotation
// that did not finish is finished by the next.
func (v *Vault) RotateKey(ctx context.Context) (out structs.VaultKeyRotation, err error) {
	snap, err := v.addKey(ctx)
	if err != nil {
		return out, err
	}
	out.Key = snap.NewestVaultKey().Number
	skip := map[string]bool{} // values that cannot be opened, by their seal name
	for {
		key, err := v.newestKey(ctx)
		if err != nil {
			return out, err
		}
		if snap, err = v.present(ctx); err != nil {
			return out, err
		}
		batch := v.resealBatch(snap, key, skip, &out)
		if len(batch) == 0 {
			break
		}
		if _, err := v.log.Apply(ctx, structs.Reseal{Values: batch}); err != nil {
			return out, err
		}
		out.Values += len(batch)
	}
	_, err = v.log.Apply(ctx, structs.Reseal{Retire: true})
	return out, err
}

// resealBatch seals some of the values anew that the key did not seal.
func (v *Vault) resealBatch(snap *state.Snapshot, key *sealingKey, skip map[string]bool, out *structs.VaultKeyRotation) (batch []structs.ResealedValue) {
	size := 0
	add := func(of structs.ResealedValue, label, name string) (full bool) {
		if of.Was.Key == key.id || skip[name] {
			return false
		}
		content, err := v.unseal(snap, name, of.Was)
		if err != nil {
			skip[name] = true
			out.Unreadable = append(out.Unreadable, label)
			return false
		}
		of.Value = key.seal(name, content)
		batch, size = append(batch, of), size+len(content)
		return size >= resealSize || len(batch) >= resealCount
	}
	for s := range snap.Secrets() {
		for _, version := range s.Versions {
			of := structs.ResealedValue{Secret: s.Name, Version: version.ID, Was: version.Value}
			if add(of, s.Name, structs.SecretSealName(s.Name, version.ID)) {
				return batch
			}
		}
	}
	for c := range snap.Certificates() {
		if c.Key.Key == "" { // it has no key yet
			continue
		}
		if add(structs.ResealedValue{Certificate: c.ID, Was: c.Key}, "certificate "+c.ID, structs.CertificateSealName(c.ID)) {
			return batch
		}
	}
	for f := range snap.ACMEFiles() {
		if add(structs.ResealedValue{File: f.Path, Was: f.Value}, "ACME file "+f.Path, structs.ACMESealName(f.Path)) {
			return batch
		}
	}
	for p := range snap.Parameters("") {
		for _, version := range p.Versions {
			of := structs.ResealedValue{Parameter: p.Name, Version: version.ID, Was: version.Value}
			if add(of, p.Name, structs.ParameterSealName(p.Name, version.ID)) {
				return batch
			}
		}
	}
	return batch
}
