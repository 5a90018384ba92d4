// Package security is what an installation's one secret yields: the certificate authority of its
// servers and agents, the key of its gossip, and the key that seals what is secret at rest. Whoever
// has the secret can be a server; whoever has the agents' part of it (AgentKey) can be an agent and
// no more.
package security

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strings"
)

// keySize is that of every key here, in bytes.
const keySize = 32

// The beginnings of the texts of keys: a file says what it is.
const (
	secretPrefix = "gantry-cluster-"
	agentPrefix  = "gantry-agent-"
)

// Secret is the one secret of an installation.
type Secret struct{ key [keySize]byte }

// AgentKey is what agents need of it: to know servers by the fingerprint of their authority, and to
// be given a certificate.
type AgentKey struct {
	// Proof is shared with the servers.
	Proof [keySize]byte
	// Authority is the SHA-256 of the authority's public key.
	Authority [keySize]byte
}

// NewSecret makes a secret.
func NewSecret() (s Secret) {
	_, _ = rand.Read(s.key[:]) // never fails (crypto/rand)
	return s
}

// String is the text of a secret, as its file has it.
func (s Secret) String() string { return encodeKey(secretPrefix, s.key[:]) }

// String is the text of an agent key, as its file has it.
func (k AgentKey) String() string {
	return encodeKey(agentPrefix, append(k.Proof[:], k.Authority[:]...))
}

// ReadSecret reads the file of a secret. Others than its owner must not be able to read it.
func ReadSecret(path string) (Secret, error) {
	text, err := readKeyFile(path)
	if err != nil {
		return Secret{}, err
	}
	if strings.HasPrefix(text, agentPrefix) {
		return Secret{}, fmt.Errorf("%s holds an agent's key; a server needs the cluster's secret (gantry keygen)", path)
	}
	raw, err := decodeKey(text, secretPrefix, keySize)
	if err != nil {
		return Secret{}, fmt.Errorf("%s: %w", path, err)
	}
	return Secret{[keySize]byte(raw)}, nil
}

// ReadAgentKey reads an agent's key from its file, or makes it from the file of the cluster's
// secret.
func ReadAgentKey(path string) (AgentKey, error) {
	text, err := readKeyFile(path)
	if err != nil {
		return AgentKey{}, err
	}
	if strings.HasPrefix(text, secretPrefix) {
		secret, err := ReadSecret(path)
		if err != nil {
			return AgentKey{}, err
		}
		return secret.AgentKey()
	}
	raw, err := decodeKey(text, agentPrefix, 2*keySize)
	if err != nil {
		return AgentKey{}, fmt.Errorf("%s: %w", path, err)
	}
	return AgentKey{Proof: [keySize]byte(raw[:keySize]), Authority: [keySize]byte(raw[keySize:])}, nil
}

func readKeyFile(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("the secret in %s can be read by others than its owner (mode %04o): chmod 600 %s", path, mode, path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	return string(bytes.TrimSpace(raw)), nil
}

// encodeKey returns the text of a key with the CRC-32C of prefix and key: with a flipped bit it
// would be the key of another installation.
func encodeKey(prefix string, key []byte) string {
	return prefix + base64.RawURLEncoding.EncodeToString(withSum(prefix, key))
}

func withSum(prefix string, key []byte) []byte {
	table := crc32.MakeTable(crc32.Castagnoli)
	sum := crc32.Update(crc32.Checksum([]byte(prefix), table), table, key)
	return binary.BigEndian.AppendUint32(slices.Clip(key), sum)
}

// decodeKey returns the key of a text.
func decodeKey(text, prefix string, size int) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, prefix)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	switch {
	case !ok || err != nil || len(raw) != size+crc32.Size:
		return nil, errors.New("it holds no key of Gantry's: make one with gantry keygen")
	case !bytes.Equal(raw, withSum(prefix, raw[:size])):
		return nil, errors.New("it is damaged: its checksum is wrong. Copy it again from another machine")
	}
	return raw[:size], nil
}

// derive gives a key for one purpose. Keys of different purposes say nothing of each other or of
// the secret.
func (s Secret) derive(purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, s.key[:], nil, "gantry "+purpose, keySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key for %s: %w", purpose, err)
	}
	return key, nil
}

// GossipKey encrypts gossip.
func (s Secret) GossipKey() ([]byte, error) { return s.derive("gossip") }

// AgentKey is the agents' part.
func (s Secret) AgentKey() (AgentKey, error) {
	proof, err := s.derive("agent proof")
	if err != nil {
		return AgentKey{}, err
	}
	authority, err := s.Authority()
	if err != nil {
		return AgentKey{}, err
	}
	return AgentKey{Proof: [keySize]byte(proof), Authority: authority.fingerprint()}, nil
}
