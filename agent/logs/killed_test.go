package logs

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// numbered returns the texts of lines from one number to another.
func numbered(from, to int) (list []string) {
	for n := from; n < to; n++ {
		list = append(list, fmt.Sprint("line ", n))
	}
	return list
}

// Wherever an end of the process cuts what it wrote, the next one goes on so that every line is
// there once, in order.
func TestCutAnywhere(t *testing.T) {
	h := newHarness(t, Config{})
	c := h.run("t1", "app", nil)
	for _, text := range numbered(0, 5) {
		c.write(t, "stdout", text+"\n")
	}
	h.Await(structs.LogQuery{}, 5)
	c.rotate(t)
	for _, text := range numbered(5, 8) {
		c.write(t, "stdout", text+"\n")
	}
	h.Await(structs.LogQuery{}, 8)
	h.stop()
	segment := filepath.Join(h.dir, "t1", "app", "00000001.log")
	whole, err := os.ReadFile(segment)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(whole), markKey) != 3 {
		t.Fatalf("the segment has other marks than at its beginning and for each file:\n%s", whole)
	}
	for size := 0; size <= len(whole); size += 5 {
		if err := os.WriteFile(segment, whole[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		h.start()
		if _, err := h.over.ListContainers(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := h.Await(structs.LogQuery{}, 8); !slices.Equal(got, numbered(0, 8)) {
			t.Fatalf("cut after %d bytes: %q", size, got)
		}
		h.stop()
	}
}

const (
	// killedDir is the variable with the folder that TestChildThatIsKilled works on, if it is the
	// child.
	killedDir = "GANTRY_TEST_LOGS_KILLED"
	killedLog = "id-json.log"
)

// TestChildThatIsKilled is not a test but the process that TestKilled kills. It keeps one
// container's output.
func TestChildThatIsKilled(t *testing.T) {
	dir := os.Getenv(killedDir)
	if dir == "" {
		return
	}
	l := Open(filepath.Join(dir, "logs"), "i-1", Config{Container: MinBytes * 8}, slog.New(slog.DiscardHandler))
	l.Over(oneContainer{path: filepath.Join(dir, "engine", killedLog)})
	l.Start(t.Context())
	l.see(runtime.ContainerState{ID: "id", State: runtime.ContainerRunning, StartedAt: 1, Labels: map[string]string{
		runtime.LabelTask: "t1", runtime.LabelContainer: "app",
	}})
	select {}
}

// oneContainer is an engine with one container, whose output is in a file.
type oneContainer struct {
	runtime.Runtime // the rest is not called
	path            string
}

func (o oneContainer) InspectLogs(context.Context, string) (runtime.LogFiles, bool, error) {
	return runtime.LogFiles{Driver: "json-file", Path: o.path, Files: 20}, true, nil
}

// A process that is killed again and again while it keeps lines loses none and keeps none twice.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "engine"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := &fakeContainer{path: filepath.Join(dir, "engine", killedLog), files: 20, size: 256 << 10}
	var err error
	if c.file, err = os.Create(c.path); err != nil {
		t.Fatal(err)
	}
	wrote, done := 0, make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(done)
		// what fits into the engine's files: a process may be killed before it has read anything
		for ; wrote < 40_000; wrote++ {
			select {
			case <-stop:
				return
			default:
			}
			c.write(t, "stdout", fmt.Sprintf("line %d\n", wrote))
			if wrote%100 == 0 {
				<-time.After(time.Millisecond)
			}
		}
	}()
	start := func() *exec.Cmd {
		child := exec.Command(os.Args[0], "-test.run=^TestChildThatIsKilled$")
		child.Env = append(os.Environ(), killedDir+"="+dir)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		return child
	}
	for range 30 {
		child := start()
		<-time.After(20*time.Millisecond + rand.N(100*time.Millisecond))
		child.Process.Kill()
		child.Wait()
	}
	close(stop)
	<-done
	h := &harness{Client: &Client{T: t}, dir: filepath.Join(dir, "logs"), fakeEngine: &fakeEngine{containers: map[string]*fakeContainer{"id": c}}}
	c.state = runtime.ContainerState{ID: "id", State: runtime.ContainerRunning, StartedAt: 1, Labels: map[string]string{
		runtime.LabelTask: "t1", runtime.LabelContainer: "app",
	}}
	h.start()
	t.Cleanup(h.stop)
	if _, err := h.over.ListContainers(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := h.Await(structs.LogQuery{}, wrote)
	for n, text := range got {
		if text != fmt.Sprint("line ", n) {
			t.Fatalf("event %d of %d is %q", n, wrote, text)
		}
	}
	t.Logf("%d lines", wrote)
}
