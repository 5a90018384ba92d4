package node

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// leastFree is how many bytes must be free on the disk of a data directory for a server to start.
const leastFree = 16 << 20

// free returns the number of free bytes on a directory's disk.
func free(dir string) (int64, error) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0, fmt.Errorf("ask how much is free on the disk of %s: %w", dir, err)
	}
	return int64(disk.Bavail) * disk.Bsize, nil
}

// checkFree refuses a nearly full disk, on which a server would end again at its first writes.
func checkFree(dir string) error {
	free, err := free(dir)
	if err == nil && free < leastFree {
		err = fmt.Errorf("the disk of data directory %s has %d KiB free, and a server needs %d: "+
			"free some space, then start again",
			dir, free>>10, leastFree>>10)
	}
	return err
}

// removeUnfinished removes snapshots that were still being written when the server ended. They take
// space, nobody reads them, and raft does not remove them.
func removeUnfinished(dir string) error {
	for _, pattern := range []string{"snapshots/*.tmp", restoreFile} {
		left, _ := filepath.Glob(filepath.Join(dir, pattern)) // fails only for a bad pattern
		for _, path := range left {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("remove what is left of a snapshot: %w", err)
			}
		}
	}
	return nil
}
