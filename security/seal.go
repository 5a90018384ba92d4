package security

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
)

// Sealer encrypts what is secret at rest, in the log and in snapshots (AES-256-GCM). Nonces are
// random, which is safe for about four thousand million seals with one key.
type Sealer struct{ aead cipher.AEAD }

// Sealer returns the installation's sealer.
func (s Secret) Sealer() (*Sealer, error) {
	key, err := s.derive("seal")
	if err != nil {
		return nil, err
	}
	return NewSealer(key)
}

// NewSealer returns a sealer with a key of 32 bytes.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("a sealer's key has %d bytes, not %d", keySize, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	return &Sealer{aead}, nil
}

// Seal encrypts content. It can only be opened under the same name, which says what it belongs to.
func (s *Sealer) Seal(name string, content []byte) []byte {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return s.aead.Seal(nonce, nonce, content, []byte(name))
}

// Open returns what was sealed under the name.
func (s *Sealer) Open(name string, sealed []byte) ([]byte, error) {
	n := s.aead.NonceSize()
	if len(sealed) < n {
		return nil, errors.New("the sealed data is cut short")
	}
	content, err := s.aead.Open(nil, sealed[:n], sealed[n:], []byte(name))
	if err != nil {
		return nil, fmt.Errorf("open what was sealed for %s: it is damaged, or sealed with another cluster secret", name)
	}
	return content, nil
}
