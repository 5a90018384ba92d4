package process

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gantry-project/gantry/agent"
)

// tempPrefix begins the names of the temporary data directories of Devs.
const tempPrefix = "gantry-dev-"

// removeKilled removes what Devs with temporary data directories left that were killed: their
// containers and what else their tasks had, and the directories. Nobody can use them again. like is
// the configuration of an agent on the same machine.
func removeKilled(ctx context.Context, like agent.Config) {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), tempPrefix+"*")) // fails for bad patterns only
	for _, dir := range dirs {
		lock, ok := lockKilled(dir)
		if !ok {
			continue
		}
		like.Logger.Info("removing what a gantry dev left that was killed", "dataDir", dir)
		config := like
		config.DataDir = dir
		_, err := os.Stat(filepath.Join(dir, "agent", "instance.json"))
		if err == nil {
			err = agent.Remove(ctx, config)
		}
		if err == nil || errors.Is(err, os.ErrNotExist) { // that it had no instance yet, or is being removed
			err = os.RemoveAll(dir)
		}
		if lock.Close(); err != nil && ctx.Err() == nil {
			like.Logger.Warn("cannot remove all that a killed gantry dev left; the next one tries again", "dataDir", dir, "error", err)
		}
	}
}

// lockKilled locks the data directory of a server that does not run any more. It reports false if
// that runs, or has not locked its directory yet.
func lockKilled(dir string) (*os.File, bool) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR, 0)
	if err != nil {
		return nil, false
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, false
	}
	return f, true
}
