package logs_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent/docker"
	"github.com/gantry-project/gantry/agent/logs"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

// The tests below run on a real engine, and skip where none answers.

// real is the logs of an instance on a real engine.
type real struct {
	*logs.Client
	logs     *logs.Logs
	instance string
	image    string
	end      context.CancelFunc
	engine   runtime.Runtime // with the logs over it
}

// unreachable is an engine whose files cannot be read from here.
type unreachable struct{ runtime.Runtime }

func (u unreachable) InspectLogs(ctx context.Context, id string) (runtime.LogFiles, bool, error) {
	files, ok, err := u.Runtime.InspectLogs(ctx, id)
	files.Path = ""
	return files, ok, err
}

func newReal(t *testing.T, dir string, remote bool) *real {
	host := testutil.DockerHost(t)
	id := make([]byte, 16)
	rand.Read(id)
	engine, err := docker.New(docker.Config{Host: host})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Info(t.Context()); err != nil {
		t.Fatal(err)
	}
	var seen runtime.Runtime = engine.ForInstance(hex.EncodeToString(id))
	if remote {
		seen = unreachable{seen}
	}
	ctx, end := context.WithCancel(context.Background())
	r := &real{Client: &logs.Client{T: t}, instance: hex.EncodeToString(id), end: end, image: testutil.BuildAppImage(t, host)}
	r.logs = logs.Open(filepath.Join(dir, "logs"), r.instance, logs.Config{}, slog.Default())
	r.engine = r.logs.Over(seen)
	r.logs.Start(ctx)
	server := httptest.NewServer(r.logs.Handler())
	r.URL = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		r.removeAll()
		r.end()
		r.logs.Wait()
	})
	return r
}

func (r *real) removeAll() {
	ctx, cancel := context.WithTimeout(context.Background(), logs.Patience)
	defer cancel()
	list, err := r.engine.ListContainers(ctx)
	if err != nil {
		r.Error(err)
	}
	for _, c := range list {
		if err := r.engine.RemoveContainer(ctx, c.ID); err != nil {
			r.Error(err)
		}
	}
}

// start starts a container of a task that runs the test image.
func (r *real) start(task string, log *structs.LogConfiguration, args ...string) runtime.ContainerState {
	r.Helper()
	spec := runtime.ContainerSpec{Name: "gantry-logs-" + r.instance + "-" + task, Labels: map[string]string{
		runtime.LabelInstance: r.instance, runtime.LabelCluster: "default", runtime.LabelTask: task, runtime.LabelContainer: "app",
		runtime.LabelDefinition: "app:1",
	}, Definition: structs.ContainerDefinition{Image: r.image, Command: args, LogConfiguration: log}}
	id, err := r.engine.CreateContainer(r.Context(), spec)
	if err != nil {
		r.Fatal(err)
	}
	state, err := r.engine.StartContainer(r.Context(), id)
	if err != nil {
		r.Fatal(err)
	}
	return state
}

// A container that writes as fast as it can over many renamed files: all its lines come, once, in
// order.
func TestFastContainer(t *testing.T) {
	r := newReal(t, t.TempDir(), false)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	seen := r.Stream(ctx, structs.LogQuery{Follow: true})
	const count = 100000
	r.start("fast", &structs.LogConfiguration{LogDriver: "json-file", Options: map[string]string{"max-size": "1m", "max-file": "50"}},
		"lines", fmt.Sprint(count), "200") // fewer files could be gone before a busy machine has read them
	begin := time.Now()
	for n := range count {
		if e := <-seen; !strings.HasPrefix(e.Message, fmt.Sprintf("%010d ", n)) {
			t.Fatalf("event %d is %q (dropped %d, gap %t)", n, e.Message, e.Dropped, e.Gap)
		}
	}
	t.Logf("%.0f lines/s", count/time.Since(begin).Seconds())
}

// The engine is asked where its files cannot be read: on another machine, or with other drivers.
func TestEngineIsAsked(t *testing.T) {
	r := newReal(t, t.TempDir(), true)
	for _, driver := range []string{"json-file", "local"} {
		r.start(driver, &structs.LogConfiguration{LogDriver: driver}, "lines", "5000", "200")
		for n, text := range r.Await(structs.LogQuery{Task: driver}, 5000) {
			if !strings.HasPrefix(text, fmt.Sprintf("%010d ", n)) {
				t.Fatalf("%s: event %d is %q", driver, n, text)
			}
		}
	}
	r.start("none", &structs.LogConfiguration{LogDriver: "none"}, "lines", "10", "200")
	for end := time.Now().Add(logs.Patience); ; {
		s := r.Streams(structs.LogQuery{Task: "none"})
		if len(s) == 1 && strings.Contains(s[0].Unreadable, "none keeps no output") {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("streams %+v", s)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// A full disk ends nothing: the engine keeps the lines meanwhile, and they come when there is
// space.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	testutil.SmallDisk(t, dir, "4m")
	r := newReal(t, dir, false)
	r.start("t1", nil, "lines", "200", "100", "5ms")
	if n := len(r.Await(structs.LogQuery{Limit: 20}, 20)); n != 20 {
		t.Fatal(n)
	}
	if err := testutil.FillDisk(dir, 0); err != nil {
		t.Fatal(err)
	}
	<-time.After(500 * time.Millisecond)
	if n := len(r.Events(structs.LogQuery{})); n == 200 {
		t.Fatal("the disk is not full")
	}
	if err := testutil.EmptyDisk(dir); err != nil {
		t.Fatal(err)
	}
	for n, text := range r.Await(structs.LogQuery{}, 200) {
		if !strings.HasPrefix(text, fmt.Sprintf("%010d ", n)) {
			t.Fatalf("event %d is %q", n, text)
		}
	}
	for _, e := range r.Events(structs.LogQuery{}) {
		if e.Dropped != 0 || e.Gap {
			t.Errorf("event %+v", e)
		}
	}
}
