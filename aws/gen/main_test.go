package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// The committed files are what the model generates, byte for byte.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	for _, of := range services {
		files, err := generate("../models", of)
		if err != nil {
			t.Fatal(err)
		}
		for path, want := range files {
			got, err := os.ReadFile(filepath.Join("../..", path))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s differs from what the generator writes; run make generate", path)
			}
		}
	}
}
