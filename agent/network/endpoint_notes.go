package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// RemoveEndpoint removes what an instance has of an endpoint: with its last instance the endpoint.
// It is not an error if there is none. Endpoints of instances whose data is gone go as well.
func RemoveEndpoint(instance string) error {
	return lockEndpoints(func() error { return dropEndpoints(tag(instance)) })
}

// dropEndpoints removes the notes of a tag and of instances whose data is gone, and the endpoints
// that nobody uses then. The lock is held.
func dropEndpoints(own string) error {
	notes, err := endpointNotes()
	if err != nil {
		return err
	}
	kept, gone := map[string]bool{}, map[string]bool{}
	for tagged, of := range notes {
		if tagged != own && owned(of) {
			kept[of.Endpoint] = true
			continue
		}
		gone[of.Endpoint] = true
		err = errors.Join(err, os.Remove(endpointNote(tagged)))
	}
	for name := range gone {
		if !kept[name] { // its links go with it
			err = errors.Join(err, removeSpace(name))
		}
	}
	return err
}

// endpointsDir has a note for each instance with an endpoint. It is gone after a reboot, as
// endpoints are.
const endpointsDir = "/run/gantry/endpoints"

func endpointNote(tag string) string { return filepath.Join(endpointsDir, tag+".json") }

// note writes down that the instance uses the endpoint.
func (e *Endpoint) note() error {
	dir, err := filepath.Abs(e.cfg.DataDir)
	if err != nil {
		return err
	}
	notes, err := endpointNotes()
	if err != nil {
		return err
	}
	if e.resolver, err = resolverOf(e.tag, e.name, notes); err != nil {
		return err
	}
	text, err := json.Marshal(note{Instance: e.cfg.Instance, DataDir: dir, Endpoint: e.name, Resolver: e.resolver.String()})
	if err != nil {
		return err
	}
	return os.WriteFile(endpointNote(e.tag), text, 0o644)
}

// endpointNotes returns the notes by their tags.
func endpointNotes() (map[string]note, error) {
	entries, err := os.ReadDir(endpointsDir)
	if err != nil {
		return nil, err
	}
	notes := map[string]note{}
	for _, entry := range entries {
		tagged, ok := strings.CutSuffix(entry.Name(), ".json")
		if !ok {
			continue
		}
		var of note
		if text, err := os.ReadFile(endpointNote(tagged)); err == nil && json.Unmarshal(text, &of) == nil {
			notes[tagged] = of
		}
	}
	return notes, nil
}

// lockEndpoints calls f while no other process changes endpoints.
func lockEndpoints(f func() error) error {
	if err := os.MkdirAll(endpointsDir, 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(endpointsDir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer file.Close() // and so the lock
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("wait for other agents: %w", err)
	}
	return f()
}
