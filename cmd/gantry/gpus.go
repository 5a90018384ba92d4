package main

import (
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// addGPUFlag adds --gpus: the ids of this machine's GPUs that tasks may have.
func addGPUFlag(cmd *cobra.Command, ids *[]string) {
	cmd.Flags().StringSliceVar(ids, "gpus", nil, "GPUs that tasks may have, by number or UUID, separated by commas; empty for none (default: all that /dev/nvidia0, /dev/nvidia1, … show)")
}

// gpus gives those of --gpus, or without it those that the machine shows.
func gpus(cmd *cobra.Command, given []string) []string {
	if cmd.Flags().Changed("gpus") {
		return given
	}
	return foundGPUs(os.DirFS("/dev"))
}

// foundGPUs are the numbers of the devices nvidia0, nvidia1, … in order. NVIDIA's driver makes one
// for each GPU.
func foundGPUs(dev fs.FS) (ids []string) {
	paths, _ := fs.Glob(dev, "nvidia[0-9]*") // fails for a malformed pattern only
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
