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
// token holds all that is known of it, sealed, and its id and secret are derived from the token.
// Any server with the same secret can read it.
type Sessions struct{ key []byte }

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

// Issue returns a new temporary key, whose token holds content.
func (s *Sessions) Issue(content []byte) (id, secret, token string, err error) {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	id, secret, aead, err := s.of(salt)
	if err != nil {
		return "", "", "", err
	}
	raw := append([]byte{tokenForm}, salt...)
	// the key of the seal is used once, so the nonce may be a constant
	raw = aead.Seal(raw, make([]byte, aead.NonceSize()), content, nil)
	return id, secret, base64.RawURLEncoding.EncodeToString(raw), nil
}

// Read returns the id and the secret of the key that a token belongs to, and the token's content.
func (s *Sessions) Read(token string) (id, secret string, content []byte, err error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < 1+saltSize || raw[0] != tokenForm {
		return "", "", nil, errToken
	}
	id, secret, aead, err := s.of(raw[1 : 1+saltSize])
	if err != nil {
		return "", "", nil, err
	}
	if content, err = aead.Open(nil, make([]byte, aead.NonceSize()), raw[1+saltSize:], nil); err != nil {
		return "", "", nil, errToken
	}
	return id, secret, content, nil
}

// of derives from a salt the id and the secret of a key, and what seals its token.
func (s *Sessions) of(salt []byte) (id, secret string, aead cipher.AEAD, err error) {
	const idSize, secretSize = 10, 30
	derived, err := hkdf.Key(sha256.New, s.key, salt, "gantry session", keySize+idSize+secretSize)
	if err != nil {
		return "", "", nil, fmt.Errorf("derive the keys of a session: %w", err)
	}
	block, err := aes.NewCipher(derived[:keySize])
	if err != nil {
		return "", "", nil, err
	}
	aead, err = cipher.NewGCM(block)
	id = "ASIA" + base32.StdEncoding.EncodeToString(derived[keySize:keySize+idSize])
	return id, base64.StdEncoding.EncodeToString(derived[keySize+idSize:]), aead, err
}
