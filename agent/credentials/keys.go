package credentials

import (
	"fmt"
	"time"

	"github.com/gantry-project/gantry/structs"
)

// Keys are temporary keys of a role.
type Keys struct {
	AccessKeyID, SecretAccessKey string
	Token                        string    // may be empty: real AWS keys of a user have none
	Expiration                   time.Time // zero: they do not expire
	RoleARN                      string
	// AWS means that the keys are real AWS keys, which Gantry does not accept.
	AWS bool
}

// Of returns the keys in an answer of the servers.
func Of(in structs.RoleCredentials, err error) (Keys, error) {
	if err != nil {
		if kind := structs.KindOf(err); kind == structs.KindAccessDenied || kind == structs.KindInvalidParameter {
			err = refusal{err}
		}
		return Keys{}, err
	}
	out := Keys{AccessKeyID: in.AccessKeyID, SecretAccessKey: in.SecretAccessKey, Token: in.Token, RoleARN: in.RoleARN, AWS: in.AWS}
	if in.Expiration != "" {
		if out.Expiration, err = time.Parse(time.RFC3339, in.Expiration); err != nil {
			return Keys{}, fmt.Errorf("read when keys expire: %w", err)
		}
	}
	return out, nil
}

// refusal is an answer of the servers that says no, in their words.
type refusal struct{ error }

func (r refusal) Is(target error) bool { return target == ErrRefused }

func (r refusal) Unwrap() error { return r.error }

// hold reports whether keys can be used at a time.
func (k Keys) hold(now time.Time) bool {
	return k.AccessKeyID != "" && (k.Expiration.IsZero() || now.Before(k.Expiration))
}

// renewAfter returns how long after they were given keys are renewed.
func (k Keys) renewAfter(now time.Time) time.Duration {
	if k.Expiration.IsZero() {
		return renewAtMost
	}
	return min(max(k.Expiration.Sub(now)/3, renewAtLeast), renewAtMost)
}
