package main

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestFoundGPUs(t *testing.T) {
	dev := fstest.MapFS{}
	for _, name := range []string{"nvidia10", "nvidia0", "nvidia2", "nvidiactl", "nvidia-uvm", "nvidia0x", "null"} {
		dev[name] = &fstest.MapFile{}
	}
	if got := foundGPUs(dev); !slices.Equal(got, []string{"0", "2", "10"}) {
		t.Errorf("found %q", got)
	}
}
