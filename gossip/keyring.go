package gossip

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"time"

	"github.com/hashicorp/memberlist"
)

// keySize is the size of every key in bytes.
const keySize = 32

// mintKey makes a key that is newer than another. A key begins with the time when it was made, in
// nanoseconds, so that anyone can tell which of two keys is newer. 160 random bits follow, more
// than AES-128 has. It ends with the CRC-32C of the rest: a key that was changed by a disk is
// neither used nor handed on.
func mintKey(now time.Time, after uint64) []byte {
	key := make([]byte, keySize-crc32.Size)
	_, _ = rand.Read(key) // never fails (crypto/rand)
	binary.BigEndian.PutUint64(key, max(uint64(now.UnixNano()), after+1))
	return binary.BigEndian.AppendUint32(key, checksum(key))
}

func checksum(key []byte) uint32 { return crc32.Checksum(key, crc32.MakeTable(crc32.Castagnoli)) }

// minted reports whether mintKey made a key.
func minted(key []byte) bool {
	end := keySize - crc32.Size
	return len(key) == keySize && binary.BigEndian.Uint32(key[end:]) == checksum(key[:end])
}

// made returns when a key was made. The key of the cluster's secret is older than any other.
func (m *Member) made(key []byte) uint64 {
	if len(key) != keySize || bytes.Equal(key, m.first) {
		return 0
	}
	return binary.BigEndian.Uint64(key)
}

// openKeyring returns the keys of a server: those in the file, the one in use first, or without a
// file the key of the cluster's secret. After a rotation that one is worthless: a server that
// missed the rotation asks for the key in use (Take).
func openKeyring(path string, key []byte) (*memberlist.Keyring, error) {
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return memberlist.NewKeyring(nil, key)
	}
	if err != nil {
		return nil, fmt.Errorf("read the gossip keys: %w", err)
	}
	damaged := fmt.Errorf("the gossip keys in %s are damaged; remove the file: "+
		"this server then asks the others for the key in use", path)
	var encoded []string
	if err := json.Unmarshal(raw, &encoded); err != nil || len(encoded) == 0 {
		return nil, damaged
	}
	var keys [][]byte
	for _, text := range encoded {
		k, err := base64.StdEncoding.DecodeString(text)
		if err != nil || !bytes.Equal(k, key) && !minted(k) {
			return nil, damaged
		}
		keys = append(keys, k)
	}
	return memberlist.NewKeyring(keys, keys[0])
}

// Key returns the key that this member encrypts with. Nil: gossip is in the clear.
func (m *Member) Key() []byte {
	if m.keys == nil {
		return nil
	}
	return m.keys.GetPrimaryKey()
}

// Take makes another member's key in use this member's only key, and reports whether that is a
// change. A server takes only a key newer than its own, since it may ask a server that missed more
// than itself. An agent takes what a server gives it.
func (m *Member) Take(key []byte) (bool, error) {
	own := m.Key()
	if own == nil || bytes.Equal(own, key) || m.first != nil && m.made(key) <= m.made(own) {
		return false, nil
	}
	if m.first != nil && !minted(key) {
		return false, errors.New("take the gossip key in use: it is damaged")
	}
	if err := errors.Join(m.keys.AddKey(key), m.keys.UseKey(key)); err != nil {
		return false, fmt.Errorf("take the gossip key in use: %w", err)
	}
	for _, old := range m.keys.GetKeys() {
		if !bytes.Equal(old, key) {
			_ = m.keys.RemoveKey(old) // fails only for the one in use
		}
	}
	return true, m.keepKeys()
}

// keepKeys writes the file that serf writes too, when it changes keys.
func (m *Member) keepKeys() error {
	if m.keysFile == "" {
		return nil
	}
	var encoded []string
	for _, key := range m.keys.GetKeys() {
		encoded = append(encoded, base64.StdEncoding.EncodeToString(key))
	}
	raw, err := json.Marshal(encoded)
	if err != nil {
		return err
	}
	next := m.keysFile + ".new"
	if err := os.WriteFile(next, raw, 0o600); err != nil {
		return fmt.Errorf("keep the gossip keys: %w", err)
	}
	return os.Rename(next, m.keysFile)
}
