package ecs

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the answers as they are now to testdata")

// golden is the content of a .response.json file.
type golden struct {
	Status int             `json:"status"`
	Body   json.RawMessage `json:"body"`
}

// Every testdata/OPERATION/CASE.request.json is sent to a fresh fixture, and the answer must be
// CASE.response.json. In requests $INSTANCE, $RUNNING, $STOPPED and so on stand for ids of the
// fixture. It has services if the operation is about them, and task sets if the request is on
// service external.
func TestGolden(t *testing.T) {
	requests, err := filepath.Glob("testdata/*/*.request.json")
	if err != nil || len(requests) == 0 {
		t.Fatal("no requests", err)
	}
	for _, path := range requests {
		operation := filepath.Base(filepath.Dir(path))
		t.Run(operation+"/"+strings.TrimSuffix(filepath.Base(path), ".request.json"), func(t *testing.T) {
			request, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			f := newFixture(t)
			f.addFor(t, operation, filepath.Base(path), string(request))
			w := ask(t, f.door(t), operation, f.placeholders().Replace(string(request)))
			got, err := json.MarshalIndent(golden{w.Code, w.Body.Bytes()}, "", "  ")
			if err != nil {
				t.Fatalf("%v: %s", err, w.Body)
			}
			got = append(got, '\n')
			responsePath := strings.Replace(path, ".request.json", ".response.json", 1)
			if *update {
				if err := os.WriteFile(responsePath, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(responsePath)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got %s\nwant %s", got, want)
			}
		})
	}
}

// Every action has a golden case: without one it is not known to work.
func TestEveryActionHasAGoldenCase(t *testing.T) {
	for operation := range actions(nil) {
		if _, err := os.Stat("testdata/" + operation); err != nil {
			t.Errorf("no testdata for %s", operation)
		}
	}
}

func decoded[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// addFor adds to the fixture what a golden request is about.
func (f *fixture) addFor(t *testing.T, operation, file, request string) {
	t.Helper()
	if strings.Contains(operation, "Service") && !strings.Contains(operation, "Express") || strings.Contains(operation, "Protection") {
		f.addServices(t)
	}
	if strings.Contains(request, "external") {
		f.addTaskSets(t)
	}
	if strings.Contains(request, "$SHIFT_") {
		f.addGreen(t)
	}
	if strings.Contains(operation, "CapacityProvider") || strings.HasPrefix(file, "capacity") {
		f.addProviders(t)
	}
	if strings.Contains(operation, "Gateway") {
		f.addGateways(t)
		f.addConnected(t)
	}
	if strings.Contains(operation, "AccountSetting") {
		f.addSettings(t)
	}
	if strings.HasPrefix(file, "network") {
		f.addFargate(t)
	}
	if strings.HasPrefix(file, "balancer") {
		f.addBalancers(t)
	}
	if strings.HasPrefix(file, "gpus") {
		f.addGPUs(t)
	}
	if strings.HasPrefix(file, "awsvpc_") {
		f.addNetwork(t)
	}
}
