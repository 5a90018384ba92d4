package security

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
)

// Sessions makes temporary access keys, and reads them again. Nothing about a key is kept: its
// token has all that is known of it, sealed, and its secret is derived from the token. Any server
// with the same secret can read it.
type Sessions struct{ key []byte }

// TemporaryKey is an access key whose calls also carry its token.
type TemporaryKey struct {
	ID     string // ASIA and 16 characters of A-Z2-7
	Secret string
	Token  string
}

const (
	// tokenForm is the first byte of a token: the form of the rest.
	tokenForm = 1
	// saltSize is the size of what makes each token different, in bytes.
	saltSize = 16
)

// errToken means that a token is not one of this installation's.
var errToken = errors.New("the token is damaged, or sealed with another cluster secret")

// Sessions returns the installation's sessions.
func (s Secret) Sessions() (*Sessions, error) {
	key, err := s.derive("sessions")
	return &Sessions{key}, err
}

// OpenSessions returns the sessions of installations without a secret, which accept any caller. All
// of them read each other's keys.
func OpenSessions() *Sessions { return &Sessions{make([]byte, keySize)} }

// Issue returns a new temporary key whose token holds content.
func (s *Sessions) Issue(content []byte) (TemporaryKey, error) {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	key, aead, err := s.of(salt)
	if err != nil {
		return TemporaryKey{}, err
	}
	token := append([]byte{tokenForm}, salt...)
	// the key of the seal is used once, so the nonce may be a constant
	token = aead.Seal(token, make([]byte, aead.NonceSize()), content, nil)
	key.Token = base64.RawURLEncoding.EncodeToString(token)
	return key, nil
}

// Read returns the key of a token, and the token's content.
func (s *Sessions) Read(token string) (TemporaryKey, []byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) < 1+saltSize || raw[0] != tokenForm {
		return TemporaryKey{}, nil, errToken
	}
	key, aead, err := s.of(raw[1 : 1+saltSize])
	if err != nil {
		return TemporaryKey{}, nil, err
	}
	content, err := aead.Open(nil, make([]byte, aead.NonceSize()), raw[1+saltSize:], nil)
	if err != nil {
		return TemporaryKey{}, nil, errToken
	}
	key.Token = token
	return key, content, nil
}

// of derives from a salt the id and secret of a key, and what seals its token.
func (s *Sessions) of(salt []byte) (TemporaryKey, cipher.AEAD, error) {
	const idSize, secretSize = 10, 30
	derived, err := hkdf.Key(sha256.New, s.key, salt, "gantry session", keySize+idSize+secretSize)
	if err != nil {
		return TemporaryKey{}, nil, fmt.Errorf("derive the keys of a session: %w", err)
	}
	block, err := aes.NewCipher(derived[:keySize])
	if err != nil {
		return TemporaryKey{}, nil, err
	}
	aead, err := cipher.NewGCM(block)
	return TemporaryKey{
		ID:     "ASIA" + base32.StdEncoding.EncodeToString(derived[keySize:keySize+idSize]),
		Secret: base64.StdEncoding.EncodeToString(derived[keySize+idSize:]),
	}, aead, err
}
