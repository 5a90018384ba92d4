package ecs

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

const helloContainer = `{"name":"hello-server","image":"nginx","cpu":384,"memory":384,"portMappings":[{"containerPort":80}]}`

// fixture is a cluster with something of everything. It is always the same: instance, task and job
// ids count up.
type fixture struct {
	*singlenode.Node
	instance         *structs.ContainerInstance
	running, stopped *structs.Task
	blue, green      *structs.Deployment // of addTaskSets
	// an instance of a capacity provider; nil without addProviders
	ofBig    *structs.ContainerInstance
	ofVision *structs.ContainerInstance // the instance of addGPUs, and a task there
	training *structs.Task
	// the instance of addNetwork, and its tasks
	ofPrivate *structs.ContainerInstance
	addressed []*structs.Task
}

func newFixture(t *testing.T) *fixture {
	f := &fixture{Node: singlenode.New(t)}
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	f.instance = f.AddInstance(t, "default", 2048, 4096)
	f.MustApply(t, structs.PutAttributes{Cluster: "default", Attributes: []structs.InstanceAttribute{{
		Instance: f.instance.ID, Attribute: structs.Attribute{Name: "stack", Value: "production"},
	}}})
	_, err := f.Control.CreateCluster(ctx, structs.Cluster{Name: "empty"}, []structs.Tag{{Key: "env", Value: "test"}})
	must(err)
	_, err = f.Control.CreateCluster(ctx, structs.Cluster{Name: "gone"}, nil)
	must(err)
	_, err = f.Control.DeleteCluster(ctx, "gone")
	must(err)

	for _, family := range []string{"hello", "hello", "hello-again", "old"} {
		_, err = f.Control.RegisterTaskDefinition(ctx, structs.TaskDefinition{
			Family: family, ContainerDefinitions: decoded[[]structs.ContainerDefinition](t, "["+helloContainer+"]"),
		}, []structs.Tag{{Key: "team", Value: "web"}})
		must(err)
	}
	_, err = f.Control.DeregisterTaskDefinition(ctx, "old:1")
	must(err)
	_, err = f.Control.RegisterTaskDefinition(ctx, structs.TaskDefinition{
		Family: "secretive", EnableFaultInjection: new(true), TaskRoleArn: "r",
		ContainerDefinitions: []structs.ContainerDefinition{{
			Name: "a", Image: "nginx", Memory: new(int32(64)), CredentialSpecs: []string{"credentialspec:s3"},
		}},
	}, nil)
	must(err)

	placed, err := f.Control.RunTask(ctx, control.RunTaskInput{Job: structs.Job{
		Cluster: "default", TaskDefinition: "hello", Count: 2, StartedBy: "me", ClientToken: "used",
		Tags: []structs.Tag{{Key: "job", Value: "first"}},
	}})
	must(err)
	f.running, f.stopped = placed.Tasks[0], placed.Tasks[1]
	now := structs.Time(1_767_225_612_000)
	must(f.Control.ReportTasks(ctx, f.instance.ID, 0, []structs.TaskUpdate{
		{
			Task: f.running.ID, Status: structs.TaskRunning, PullStartedAt: now, PullStoppedAt: now + 250, StartedAt: now + 500,
			Containers: []structs.Container{{
				Name: "hello-server", LastStatus: structs.TaskRunning, RuntimeID: strings.Repeat("c", 64), ImageDigest: "sha256:" + strings.Repeat("d", 64),
				NetworkBindings: []structs.NetworkBinding{{
					BindIP: "0.0.0.0", ContainerPort: new(int32(80)), HostPort: new(int32(32768)), Protocol: "tcp",
				}},
			}},
		},
		{
			Task: f.stopped.ID, Status: structs.TaskStopped, StopCode: structs.StopEssentialContainerExited,
			StoppedReason: structs.ReasonEssentialContainerExited, StartedAt: now, StoppingAt: now + 1000, ExecutionStoppedAt: now + 1000, StoppedAt: now + 1250,
			Containers: []structs.Container{{
				Name: "hello-server", LastStatus: structs.TaskStopped, ExitCode: new(int32(0)), RuntimeID: strings.Repeat("e", 64),
			}},
		},
	}))
	return f
}

func (f *fixture) door(t *testing.T) http.Handler {
	return &protocol.Router{
		Services: []protocol.Service{New(f.Control)}, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
}

// ask sends one request the way the aws CLI does.
func ask(t *testing.T, door http.Handler, operation, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", API.TargetPrefix+"."+operation)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return w
}
