package main

import (
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// addGPUFlag adds --gpus, the ids of the GPUs of this machine that tasks may use.
func addGPUFlag(cmd *cobra.Command, ids *[]string) {
	cmd.Flags().StringSliceVar(ids, "gpus", nil,
		"`GPUs` that tasks may use, by number or UUID, separated by commas; empty for none (default: one for each of /dev/nvidia0, /dev/nvidia1, …)")
}

// gpus returns the GPUs of --gpus, or without the flag those that the machine has.
func gpus(cmd *cobra.Command, given []string) []string {
	if cmd.Flags().Changed("gpus") {
		return given
	}
	return foundGPUs(os.DirFS("/dev"))
}

// foundGPUs returns the numbers of the devices nvidia0, nvidia1, … in order. NVIDIA's driver makes
// one for each GPU.
func foundGPUs(dev fs.FS) (ids []string) {
	paths, _ := fs.Glob(dev, "nvidia[0-9]*") // fails only if the pattern is malformed
	var numbers []int
	for _, path := range paths {
		if n, err := strconv.Atoi(strings.TrimPrefix(path, "nvidia")); err == nil {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		ids = append(ids, strconv.Itoa(n))
	}
	return ids
}
