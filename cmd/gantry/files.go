package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/agent/files"
)

// filesDir is where the files of tasks are on this machine.
type filesDir struct {
	dir     string // empty: there is none
	problem error  // why
}

func (f *filesDir) addFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "files-dir", "", "`directory` in memory (tmpfs) for the files and secrets of tasks, at the same path for the "+
		"container engine (default: /run/gantry/files; if that is on a disk, one under /dev/shm)")
}

// find makes the directory. Without one that was named, a machine may have none.
func (f *filesDir) find() error {
	if f.dir == "" {
		f.dir, f.problem = files.DefaultDir()
		return nil
	}
	if err := files.MakeDir(f.dir); err != nil {
		return fmt.Errorf("--files-dir: %w", err)
	}
	return nil
}
