package node

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gantry-project/gantry/internal/wholefile"
)

// Dir is a data directory that only this process uses. The kernel releases the lock when the
// process ends, however it ends.
type Dir struct {
	// ID is the id of the directory's server.
	ID string

	dataDir string
	lock    *os.File
}

// OpenDir locks a data directory, and creates it if it does not exist. An empty id is read from the
// directory, or minted there.
func OpenDir(dataDir, id string) (*Dir, error) {
	d := &Dir{dataDir: dataDir}
	err := d.takeLock()
	if err != nil {
		return nil, err
	}
	if d.ID, err = identity(dataDir, id); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Path is the server's folder in the data directory.
func (d *Dir) Path() string { return filepath.Join(d.dataDir, serverFolder) }

// Close releases the directory.
func (d *Dir) Close() error { return d.lock.Close() }

// takeLock creates the directory if it does not exist, and locks it. The error names the process
// that holds the lock.
func (d *Dir) takeLock() error {
	if err := os.MkdirAll(d.dataDir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	path := filepath.Join(d.dataDir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("lock the data directory: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		owner, _ := os.ReadFile(path)
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("data directory %s is in use by another gantry (process %s): stop that one, "+
				"or give this one another --data-dir", d.dataDir, strings.TrimSpace(string(owner)))
		}
		return fmt.Errorf("lock data directory %s: %w", d.dataDir, err)
	}
	_ = f.Truncate(0) // the holder's name only helps people
	fmt.Fprintf(f, "%d\n", os.Getpid())
	d.lock = f
	return nil
}

// serverFolder is the server's part of the data directory.
const serverFolder = "server"

// identity returns the id of a data directory's server: the requested one, or the one minted at the
// first start. A server without its log has forgotten its votes, so it gets another id.
func identity(dataDir, asked string) (string, error) {
	if asked != "" {
		return asked, nil
	}
	dir := filepath.Join(dataDir, serverFolder)
	_, err := os.Stat(filepath.Join(dir, logFile))
	if errors.Is(err, fs.ErrNotExist) {
		return mintIdentity(dir)
	}
	path := filepath.Join(dir, "id")
	raw, err := wholefile.Read(path)
	id := strings.TrimSpace(string(raw))
	if number, wrong := hex.DecodeString(id); err != nil || wrong != nil || len(number) != idSize {
		return "", fmt.Errorf("the server's id in %s is damaged or missing: nothing was changed. "+
			"Write it there again if you know it (`gantry server raft` on the others lists it), or move %s away: "+
			"one of several servers then joins as a new one, and gets everything from the others", path, dir)
	}
	return id, nil
}

// idSize is the size of a server's id in bytes.
const idSize = 16

func mintIdentity(dir string) (string, error) {
	var random [idSize]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	id := hex.EncodeToString(random[:])
	err := cmp.Or(os.MkdirAll(dir, 0o700), wholefile.Write(filepath.Join(dir, "id"), []byte(id)))
	if err != nil {
		return "", fmt.Errorf("keep the server's id: %w", err)
	}
	return id, nil
}
