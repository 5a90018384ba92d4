package control

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"regexp"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// Sealer encrypts secrets before they are written to the log.
type Sealer interface {
	Seal(name string, content []byte) []byte
	// Open returns what was sealed under the name.
	Open(name string, sealed []byte) ([]byte, error)
}

// keyNames matches the names that IAM allows for users.
var keyNames = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

// Bootstrap creates the installation's first access key, which may do everything. It works only
// once.
func (c *Control) Bootstrap(ctx context.Context) (structs.NewAccessKey, error) {
	return c.putAccessKey(ctx, structs.AccessKey{Name: "administrator", Policy: structs.AdminPolicy()}, true)
}

// CreateAccessKey creates an access key. Only this answer has its secret.
func (c *Control) CreateAccessKey(ctx context.Context, in structs.AccessKeyRequest) (structs.NewAccessKey, error) {
	if in.Name != "" && !keyNames.MatchString(in.Name) {
		return structs.NewAccessKey{}, structs.Errorf(structs.KindInvalidParameter, "name: '%s' may have up to 64 letters, digits and _+=,.@-", in.Name)
	}
	if in.Policy == "" {
		return structs.NewAccessKey{}, structs.Errorf(structs.KindInvalidParameter, "policy: say what the key may do: %s, %s, or a policy in IAM's JSON", structs.PolicyAdmin, structs.PolicyReadOnly)
	}
	policy, err := structs.ParsePolicy(in.Policy)
	if err != nil {
		return structs.NewAccessKey{}, err
	}
	return c.putAccessKey(ctx, structs.AccessKey{Name: in.Name, Policy: policy}, false)
}

func (c *Control) putAccessKey(ctx context.Context, k structs.AccessKey, first bool) (structs.NewAccessKey, error) {
	if c.config.Sealer == nil {
		return structs.NewAccessKey{}, structs.Errorf(structs.KindUnsupportedFeature,
			"this installation takes any credentials, so it has no access keys: start its servers with --secret-file in place of --insecure")
	}
	var id [10]byte
	var secret [30]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	_, _ = rand.Read(secret[:])
	k.ID = "AKIA" + base32.StdEncoding.EncodeToString(id[:])
	out := structs.NewAccessKey{Secret: base64.StdEncoding.EncodeToString(secret[:])}
	k.Sealed, k.CreatedAt = c.config.Sealer.Seal(structs.AccessKeySealName(k.ID), []byte(out.Secret)), c.Now()
	if by := CallerOf(ctx); by != nil {
		k.CreatedBy = by.ARN
	}
	out.AccessKey = k
	if _, err := c.config.Log.Apply(ctx, structs.PutAccessKey{Key: k, First: first}); err != nil {
		return structs.NewAccessKey{}, err
	}
	return out, nil
}

// RevokeAccessKey revokes an access key: the next call with it is refused.
func (c *Control) RevokeAccessKey(ctx context.Context, id string) error {
	_, err := c.config.Log.Apply(ctx, structs.DeleteAccessKey{ID: id})
	return err
}

// ListAccessKeys returns all access keys, without their secrets.
func (c *Control) ListAccessKeys(ctx context.Context) (structs.AccessKeyList, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return structs.AccessKeyList{}, err
	}
	return structs.AccessKeyList{Keys: slices.AppendSeq([]*structs.AccessKey{}, snap.AccessKeys())}, nil
}

// AccessKey returns the access key with an id, as known to this server; nil if there is none.
func (c *Control) AccessKey(id string) *structs.AccessKey {
	return c.config.Store.Snapshot().AccessKey(id)
}
