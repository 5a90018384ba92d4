package server_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/server"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

var update = flag.Bool("update", false, "write testdata/v1 if it is missing; a directory that is there stays as it is")

// fixture is the data directory of a server as version 1 writes it (ADR 27): a snapshot with most
// tables, and more in the log behind it.
const fixture = "testdata/v1"

// fixtureNouns are the tables with rows in it.
var fixtureNouns = []string{
	"clusters", "container instances", "capacity providers", "task definitions", "families", "jobs", "job versions",
	"deployments", "tasks", "evaluations", "services with events", "tagged resources", "clusters with room",
}

// TestOldDataDirectory: this version opens the data directory of an older one and finds everything
// in it.
func TestOldDataDirectory(t *testing.T) {
	if _, err := os.Stat(fixture); os.IsNotExist(err) && *update {
		if err := os.MkdirAll(fixture, 0o755); err != nil {
			t.Fatal(err)
		}
		writeFixture(t)
	}
	inDir(t, func(t *testing.T, c *testutil.Cluster) {
		if err := os.CopyFS(filepath.Join(c.Dir, "server"), os.DirFS(fixture)); err != nil {
			t.Fatal(err)
		}
		c.StartServer()
		file := filepath.Join(t.TempDir(), "snap")
		f, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := c.Server().SaveSnapshot(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		info := must[structs.SnapshotInfo](t)(server.InspectSnapshot(file))
		for _, noun := range fixtureNouns {
			if !slices.ContainsFunc(info.Rows, func(n structs.RowCount) bool { return n.Noun == noun && n.Count > 0 }) {
				t.Errorf("there are no %s", noun)
			}
		}
		snap := read(t, c)
		if behind := snap.Cluster("behind"); behind == nil {
			t.Error("what the log has behind the snapshot is not there")
		}
		var running []string
		for task := range snap.AllTasks() {
			if job := snap.Job(task.Job); job.ClientToken == "known" {
				running = append(running, task.ID)
			}
		}
		slices.Sort(running)
		if again := run(t, c, webJob("known", 3)); !slices.Equal(again, running) {
			t.Errorf("the client token gave tasks %v, not %v", again, running)
		}
	})
}

// inDir is like inCluster, but the server has not started yet.
func inDir(t *testing.T, test func(*testing.T, *testutil.Cluster)) {
	t.Helper()
	faketime.Test(t, func(t *testing.T) { test(t, testutil.NewCluster(t)) })
}

// writeFixture creates one of everything.
func writeFixture(t *testing.T) {
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		ctx, verbs := t.Context(), c.Control()
		fill(t, c)
		group := &structs.AutoScalingGroupProvider{AutoScalingGroupArn: "rack"}
		must[*structs.CapacityProvider](t)(verbs.CreateCapacityProvider(ctx, "rack", group, nil))
		must[*structs.Job](t)(verbs.CreateService(ctx, control.CreateServiceInput{
			Cluster: structs.DefaultCluster, Name: "web",
			ServiceChange: control.ServiceChange{TaskDefinition: "web", Count: new(2)},
		}))
		_, stream := connect(t, c) // brings room for the tasks that wait
		stream.Close()
		must[*structs.Job](t)(verbs.UpdateService(ctx, control.UpdateServiceInput{
			Cluster: structs.DefaultCluster, Name: "web",
			ServiceChange: control.ServiceChange{TaskDefinition: "web", Count: new(1)},
		}))
		c.Eventually("the service has events", func() bool {
			snap := read(t, c)
			service := snap.Service(structs.DefaultCluster, "web")
			return service != nil && len(snap.ServiceEvents(service.ID).Events) > 0
		})
		snapshot(t, c.Server(), 4)
		must[*structs.Cluster](t)(verbs.CreateCluster(ctx, structs.Cluster{Name: "behind"}, nil))
		c.StopServer()
		for _, part := range []string{"raft.db", "snapshots"} {
			if out, err := exec.Command("cp", "-r", filepath.Join(c.Dir, "server", part), fixture).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
		}
	})
}
