package fsm

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

var update = flag.Bool("update", false, "write the golden files that are missing; those that are there stay as they are")

func TestRoundTrip(t *testing.T) {
	for name, cmd := range samples() {
		t.Run(name, func(t *testing.T) {
			entry := encode(t, cmd)
			if entry[0] != byte(cmd.CommandType()) {
				t.Errorf("the entry starts with %d, want the command's number %d", entry[0], cmd.CommandType())
			}
			_, got, err := decode(entry)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(cmd, got); diff != "" { // distinguishes nil from empty slices
				t.Errorf("came back otherwise (-want +got):\n%s", diff)
			}
			if again := encode(t, got); !bytes.Equal(entry, again) {
				t.Error("the same command has two encodings")
			}
		})
	}
}

// TestGoldenEntries checks that a log written by an earlier version still loads.
func TestGoldenEntries(t *testing.T) {
	numbers := map[structs.CommandType]bool{}
	for name, cmd := range samples() {
		numbers[cmd.CommandType()] = true
		t.Run(name, func(t *testing.T) {
			_, got, err := decode(golden(t, name+".bin", func() []byte { return encode(t, cmd) }))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(cmd, got); diff != "" {
				t.Errorf("an old entry reads otherwise (-want +got):\n%s", diff)
			}
		})
	}
	for number := range handlers {
		if !numbers[number] {
			t.Errorf("command %d has no sample", number)
		}
	}
}

// golden reads a file of testdata/v1, or writes it with -update if it is missing.
func golden(t *testing.T, name string, make func() []byte) []byte {
	t.Helper()
	path := filepath.Join("testdata", "v1", name)
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) && *update {
		data, err = make(), os.MkdirAll(filepath.Dir(path), 0o755)
		if err == nil {
			err = os.WriteFile(path, data, 0o644)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestDecodeRefuses(t *testing.T) {
	whole := encode(t, samples()["create_job"])
	flipped := slices.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	for name, c := range map[string]struct {
		entry []byte
		says  string
	}{
		"empty":     {nil, "damaged"},
		"truncated": {whole[:len(whole)-1], "damaged"},
		"one bit":   {flipped, "damaged"},
		"unknown":   {seal([]byte{250, 0xa0}), "newer version of Gantry"},
		"wrong":     {seal([]byte{7, 0x01}), "decode command 7"},
		"plan without its instances": {
			seal(append([]byte{8}, marshal(t, packedPlan{Tasks: packIDs([]string{"t"}), On: []uint32{0}})...)), "does not name"},
		"plan without its capacity providers": {
			seal(append([]byte{8}, marshal(t, packedPlan{
				Tasks: packIDs([]string{"t"}), On: []uint32{0}, Instances: packIDs([]string{"i"}), Of: []int{0},
			})...)), "capacity provider that it does not name"},
		"plan of uneven capacity providers": {
			seal(append([]byte{8}, marshal(t, packedPlan{
				Tasks: packIDs([]string{"t"}), On: []uint32{0}, Instances: packIDs([]string{"i"}), Of: []int{0, 0}, Providers: []string{"p"},
			})...)), "names capacity providers for 2"},
		"plan of uneven lists": {
			seal(append([]byte{8}, marshal(t, packedPlan{Tasks: packIDs([]string{"t"})})...)), "plan of 1 tasks"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := decode(c.entry); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}

func TestUnknownFieldsAreIgnored(t *testing.T) {
	body := marshal(t, map[any]any{"Cluster": "prod", "At": 5, "Later": map[string]any{"x": []int{1}}, 99: "y"})
	_, cmd, err := decode(seal(append([]byte{byte(structs.CmdDeleteCluster)}, body...)))
	if want := (structs.DeleteCluster{Cluster: "prod", At: 5}); err != nil || cmd != want {
		t.Errorf("got %v, %v, want %v", cmd, err, want)
	}
}

// TestWhatEncodesDecodes: an unreadable entry in the log stops every server.
func TestWhatEncodesDecodes(t *testing.T) {
	for name, cmd := range map[string]structs.Command{
		"no UTF-8":      structs.StopTasks{Reason: "exec: \xff\xfe"},
		"many elements": structs.SetAgentConnected{Instances: make([]string, 300_000)},
		"big text":      structs.DeleteCluster{Cluster: strings.Repeat("x", 20<<20)},
		"numbers":       structs.DeleteCluster{At: math.MinInt64},
		"zero": structs.CreateJob{Job: structs.Job{Overrides: &structs.TaskOverride{}, Tags: []structs.Tag{}},
			Evaluation: structs.Evaluation{ModifyIndex: math.MaxUint64}},
		"empty plan": structs.ApplyPlan{},
		"ids of all sorts": planOf("e1", "j1",
			structs.Placement{Task: strings.Repeat("A", 32), Instance: strings.Repeat("0a", 16)},
			structs.Placement{Task: strings.Repeat("g", 32), Instance: strings.Repeat("a", 31)},
			structs.Placement{Instance: strings.Repeat("ff", 16)}),
		"plan of nobody": structs.ApplyPlan{Plan: structs.Plan{Placements: []structs.Placement{}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, got, err := decode(encode(t, cmd))
			if err != nil {
				t.Fatal(err)
			}
			if !cmp.Equal(cmd, got) {
				t.Error("came back otherwise")
			}
		})
	}
}

func TestEncodeRefuses(t *testing.T) {
	if _, err := Encode(&structs.ApplyPlan{}); err == nil || !strings.Contains(err.Error(), "by value") {
		t.Errorf("a pointer: error %v, want one that says why", err)
	}
	if _, err := Encode(foreign{}); err == nil {
		t.Error("a command without a handler was encoded")
	}
}

type foreign struct{}

func (foreign) CommandType() structs.CommandType { return 200 }

func TestPlanIsCompact(t *testing.T) {
	for _, instances := range []int{10, 200, 1000} {
		cmd := plan(1000, instances)
		perTask := float64(len(encode(t, cmd))) / 1000
		t.Logf("%d instances: %.1f bytes a placement", instances, perTask)
		if perTask > 60 {
			t.Errorf("%d instances: %.1f bytes a placement, want 60 at most", instances, perTask)
		}
	}
}

// plan places tasks on the instances in turn.
func plan(tasks, instances int) structs.ApplyPlan {
	p := structs.Plan{
		Evaluation: hexID("e", 0), Job: hexID("j", 0), Status: structs.EvaluationDone, At: 5,
		Need: structs.Resources{CPU: 10, Memory: 10, Ports: []structs.Port{}},
	}
	for n := range tasks {
		p.Placements = append(p.Placements, structs.Placement{Task: hexID("t", n), Instance: hexID("i", n%instances)})
	}
	return structs.ApplyPlan{Plan: p}
}

// hexID returns ids like minted ones, which are not in the order of n.
func hexID(kind string, n int) string {
	sum := md5.Sum(fmt.Append(nil, kind, n))
	return hex.EncodeToString(sum[:])
}

func encode(t testing.TB, cmd structs.Command) []byte {
	t.Helper()
	entry, err := Encode(cmd)
	if err != nil {
		t.Fatal(err)
	}
	return entry
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := cbor.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryCommandHasAHandler(t *testing.T) {
	source, err := os.ReadFile("../structs/command.go")
	if err != nil {
		t.Fatal(err)
	}
	constants := regexp.MustCompile(`(?m)^\t(Cmd\w+) +CommandType = (\d+)$`).FindAllSubmatch(source, -1)
	if len(constants) != len(handlers) {
		t.Errorf("%d handlers for %d commands", len(handlers), len(constants))
	}
	for _, c := range constants {
		number, err := strconv.ParseUint(string(c[2]), 10, 8)
		if _, ok := handlers[structs.CommandType(number)]; err != nil || !ok {
			t.Errorf("%s has no handler", c[1])
		}
	}
}
