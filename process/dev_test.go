package process_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/process"
	"github.com/gantry-project/gantry/testutil"
)

// job is a file for one task that runs until it is stopped.
const job = `
name: web
type: service
count: 1
containers:
  - name: web
    image: web
    memory: 16
`

// startDev starts a Dev on an engine in memory, and waits until it runs a job.
func startDev(t *testing.T, dir string, engine *testutil.FakeEngine) *process.Dev {
	t.Helper()
	d := readyDev(t, dir, engine)
	c := client.New(client.Config{Address: d.URL()})
	defer c.Close()
	if _, err := c.PutJob(t.Context(), []byte(job), ""); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the job runs", func() bool { return running(engine) == 1 })
	return d
}

// readyDev starts a Dev on an engine in memory.
func readyDev(t *testing.T, dir string, engine *testutil.FakeEngine) *process.Dev {
	t.Helper()
	if os.Getenv("TMPDIR") == "" { // real Devs have their temporary directories in /tmp
		t.Setenv("TMPDIR", t.TempDir())
	}
	d, err := process.NewDev(process.DevConfig{HTTPAddr: "127.0.0.1:0", Agent: agent.Config{
		DataDir: dir, Zone: "a", Version: "1.2.3", Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Runtime: func(instance string) runtime.Runtime { return engine.Runtime(instance) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	d.Start()
	eventually(t, "the cluster is ready", func() bool { return d.Ready() == nil })
	return d
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); {
		if time.Now().After(deadline) {
			t.Fatalf("not true after a minute: %s", what)
		}
		<-time.After(10 * time.Millisecond)
	}
}

func running(engine *testutil.FakeEngine) (n int) {
	for _, c := range engine.All() {
		if c.State == runtime.ContainerRunning {
			n++
		}
	}
	return n
}

// TestDev: with a data directory, containers run on after Stop and the next Dev takes them over.
// Without one, Stop removes the containers and the temporary directory.
func TestDev(t *testing.T) {
	engine, dir := testutil.NewFakeEngine(), t.TempDir()
	for range 2 {
		d := startDev(t, dir, engine)
		stop(t, d)
		if n := len(engine.All()); running(engine) != 1 || n != 1 {
			t.Fatalf("%d containers, %d of them running, after Stop with a data directory", n, running(engine))
		}
	}
	engine = testutil.NewFakeEngine()
	d := startDev(t, "", engine)
	temp, temporary := d.DataDir()
	stop(t, d)
	if _, err := os.Stat(temp); !temporary || !os.IsNotExist(err) || len(engine.All()) != 0 {
		t.Errorf("after Stop with a temporary directory: %v, containers %v", err, engine.All())
	}
}

// TestKilledDev: what a Dev with a temporary directory left that was killed, the next one removes,
// but nothing of one that still runs.
func TestKilledDev(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	engine := testutil.NewFakeEngine()
	killed, err := os.MkdirTemp("", "gantry-dev-")
	if err != nil {
		t.Fatal(err)
	}
	stop(t, startDev(t, killed, engine)) // to its end it is as one that is killed: its container runs on
	lives := startDev(t, "", engine)
	defer stop(t, lives)
	eventually(t, "the first one's container is gone", func() bool { return len(engine.All()) == 1 })
	eventually(t, "its directory is gone", func() bool { _, err := os.Stat(killed); return os.IsNotExist(err) })
	stop(t, readyDev(t, "", engine))
	if dir, _ := lives.DataDir(); running(engine) != 1 {
		t.Errorf("%d containers of the Dev in %s run, want its one", running(engine), dir)
	}
}

// TestFront: people who open the address get a hint, clients get an answer that they can read.
func TestFront(t *testing.T) {
	d := startDev(t, "", testutil.NewFakeEngine())
	defer stop(t, d)
	for authorization, want := range map[string]string{
		"": "ecs list-container-instances",
		"AWS4-HMAC-SHA256 Credential=dev/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=ab": `{"Message":`,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL()+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", authorization)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if answer.Body.Close(); err != nil || !strings.Contains(string(body), want) {
			t.Errorf("signed %q: %s (%v), want %q", authorization, body, err, want)
		}
	}
}

// TestDevSnapshot: what a Dev saves says which version did.
func TestDevSnapshot(t *testing.T) {
	d := startDev(t, "", testutil.NewFakeEngine())
	defer stop(t, d)
	c := client.New(client.Config{Address: d.URL()})
	defer c.Close()
	var saved bytes.Buffer
	if err := c.SaveSnapshot(t.Context(), &saved); err != nil {
		t.Fatal(err)
	}
	info, err := c.RestoreSnapshot(t.Context(), &saved, true)
	if err != nil || info.Version != "1.2.3" {
		t.Errorf("restored %+v: %v", info, err)
	}
}

func stop(t *testing.T, d *process.Dev) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := d.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-d.Done():
	default:
		t.Error("Done is open after Stop")
	}
}
