package control_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/singlenode"
)

// buckets has objects by SECRET@BUCKET/KEY.
type buckets map[string]string

func (b buckets) Get(_ context.Context, m structs.BucketMapping, secret, key string, limit int64) ([]byte, error) {
	content, ok := b[secret+"@"+m.Bucket+"/"+key]
	if !ok || int64(len(content)) > limit {
		return nil, errors.New("the endpoint answers 404")
	}
	return []byte(content), nil
}

// filesNode is a node with an instance, and buckets as given.
func filesNode(t *testing.T, objects buckets) (*singlenode.Node, *structs.ContainerInstance) {
	t.Helper()
	sealer, err := security.NewSecret().Sealer()
	noError(t, err)
	n := singlenode.New(t, func(c *control.Config) { c.Sealer, c.Buckets = sealer, objects })
	return n, n.AddInstance(t, structs.DefaultCluster, 40960, 1<<16)
}

func environmentFiles(names ...string) (list []structs.EnvironmentFile) {
	for _, name := range names {
		list = append(list, structs.EnvironmentFile{Type: "s3", Value: "arn:aws:s3:::" + name})
	}
	return list
}

// runWithFiles runs a task whose container app has environment files.
func runWithFiles(t *testing.T, n *singlenode.Node, overrides *structs.TaskOverride, names ...string) *structs.Task {
	t.Helper()
	app := container("app", func(c *structs.ContainerDefinition) { c.EnvironmentFiles = environmentFiles(names...) })
	_, err := n.Control.RegisterTaskDefinition(t.Context(), structs.TaskDefinition{
		Family: "web", ContainerDefinitions: []structs.ContainerDefinition{app, container("side")},
	}, nil)
	noError(t, err)
	return run(t, n.Control, job(1, func(in *control.RunTaskInput) { in.Job.Overrides = overrides }))[0]
}

// The first file of a container wins, each mapping is used with its own key, and an override names
// other files.
func TestTaskFiles(t *testing.T) {
	n, instance := filesNode(t, buckets{"s1@config/a.env": "A=1\nB=1\n", "@plain/b.env": "B=2\nC=2\n", "@plain/c.env": "D=4"})
	ctx := t.Context()
	for _, in := range []structs.BucketMappingRequest{
		{BucketMapping: structs.BucketMapping{Bucket: "config", Endpoint: "http://minio:9000", AccessKeyID: "K"}, SecretAccessKey: "s1"},
		{BucketMapping: structs.BucketMapping{Bucket: "plain", Directory: "/srv"}},
	} {
		out, err := n.Control.MapBucket(ctx, in)
		noError(t, err)
		if strings.Contains(string(out.Sealed), "s1") {
			t.Error("the secret is in the clear")
		}
	}
	task := runWithFiles(t, n, nil, "config/a.env", "plain/b.env")
	got, err := n.Control.TaskFiles(ctx, nil, instance.ID, task.ID)
	want := map[string]map[string]string{"app": {"A": "1", "B": "1", "C": "2"}}
	if err != nil || !reflect.DeepEqual(got.Environment, want) {
		t.Errorf("got %v (%v), want %v", got.Environment, err, want)
	}
	task = runWithFiles(t, n, &structs.TaskOverride{ContainerOverrides: []structs.ContainerOverride{
		{Name: "app", EnvironmentFiles: environmentFiles("plain/c.env")},
	}}, "config/a.env")
	if got, err := n.Control.TaskFiles(ctx, nil, instance.ID, task.ID); err != nil || !reflect.DeepEqual(got.Environment["app"], map[string]string{"D": "4"}) {
		t.Errorf("overridden: %v (%v)", got.Environment, err)
	}
}

// Only the agent of a task's instance gets its files, and only while the task runs.
func TestFilesOfAnotherInstance(t *testing.T) {
	n, instance := filesNode(t, buckets{"@plain/b.env": "B=2"})
	_, err := n.Control.MapBucket(t.Context(), structs.BucketMappingRequest{BucketMapping: structs.BucketMapping{Bucket: "plain", Directory: "/srv"}})
	noError(t, err)
	task := runWithFiles(t, n, nil, "plain/b.env")
	for instance, id := range map[string]string{"another": task.ID, instance.ID: "another"} {
		_, err := n.Control.TaskFiles(t.Context(), nil, instance, id)
		expectError(t, err, structs.KindResourceNotFound, "is not one that container instance "+instance+" runs")
	}
	noError(t, n.Control.ReportTasks(t.Context(), instance.ID, 0, []structs.TaskUpdate{{Task: task.ID, Status: structs.TaskStopped}}))
	_, err = n.Control.TaskFiles(t.Context(), nil, instance.ID, task.ID)
	expectError(t, err, structs.KindResourceNotFound, "is not one")
}

// Each refusal names the file, the container and what to do.
func TestTaskFilesRefused(t *testing.T) {
	n, instance := filesNode(t, buckets{"@plain/bad.env": "A=" + strings.Repeat("x", 70_000)})
	_, err := n.Control.MapBucket(t.Context(), structs.BucketMappingRequest{BucketMapping: structs.BucketMapping{Bucket: "plain", Directory: "/srv"}})
	noError(t, err)
	for name, want := range map[string]string{
		"other/a.env": "bucket other is not mapped; map it with: gantry bucket map other", "plain/none.env": "the endpoint answers 404",
		"plain/a.txt": "does not end in .env", "plain": "not the ARN of an object", "plain/bad.env": "line 1 is longer",
	} {
		task := runWithFiles(t, n, nil, name)
		_, err := n.Control.TaskFiles(t.Context(), nil, instance.ID, task.ID)
		if kind := structs.KindOf(err); err == nil || kind == structs.KindInternal || kind == structs.KindUnavailable ||
			!strings.Contains(err.Error(), "environment file arn:aws:s3:::"+name+" of container app: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v of kind %s, want %q", name, err, kind, want)
		}
	}
}

func TestMapBucketRefused(t *testing.T) {
	n, _ := filesNode(t, nil)
	for want, m := range map[string]structs.BucketMappingRequest{
		"is not the name of a bucket":     {BucketMapping: structs.BucketMapping{Bucket: "A_b", Directory: "/srv"}},
		"to one of these":                 {BucketMapping: structs.BucketMapping{Bucket: "config"}},
		"map bucket config to one":        {BucketMapping: structs.BucketMapping{Bucket: "config", Directory: "/srv", Endpoint: "http://x"}},
		"directory: it has no region":     {BucketMapping: structs.BucketMapping{Bucket: "config", Directory: "/srv", Region: "r"}},
		"is not the absolute path":        {BucketMapping: structs.BucketMapping{Bucket: "config", Directory: "/srv/../etc"}},
		`"/" is not the absolute path`:    {BucketMapping: structs.BucketMapping{Bucket: "config", Directory: "/"}},
		"give it and secretAccessKey":     {BucketMapping: structs.BucketMapping{Bucket: "config", Endpoint: "http://x", AccessKeyID: "K"}},
		"endpoint: it is not a URL":       {BucketMapping: structs.BucketMapping{Bucket: "config", Endpoint: "minio:9000"}},
		"endpoint: it is not a URL with ": {BucketMapping: structs.BucketMapping{Bucket: "config", Endpoint: "http://key:secret@minio:9000"}},
	} {
		_, err := n.Control.MapBucket(t.Context(), m)
		if e := expectError(t, err, structs.KindInvalidParameter, want); strings.Contains(e.Message, "secret@") {
			t.Errorf("%v shows a secret", e)
		}
	}
	open := singlenode.New(t)
	_, err := open.Control.MapBucket(t.Context(), structs.BucketMappingRequest{
		BucketMapping: structs.BucketMapping{Bucket: "config", Endpoint: "http://x", AccessKeyID: "K"}, SecretAccessKey: "S",
	})
	expectError(t, err, structs.KindUnsupportedFeature, "nothing to encrypt access keys with")
}

// A secret that was sealed with another cluster secret is named, and nothing is sent.
func TestBucketOfAnotherSecret(t *testing.T) {
	n, instance := filesNode(t, buckets{"@config/a.env": "A=1"})
	n.MustApply(t, structs.PutBucketMapping{Mapping: structs.BucketMapping{Bucket: "config", Endpoint: "http://x", AccessKeyID: "K", Sealed: []byte("elsewhere")}})
	task := runWithFiles(t, n, nil, "config/a.env")
	_, err := n.Control.TaskFiles(t.Context(), nil, instance.ID, task.ID)
	expectError(t, err, structs.KindClient, "map the bucket anew")
}

// Where not everything is allowed, the execution role decides, by the object that it names.
func TestTaskFilesNeedTheExecutionRole(t *testing.T) {
	n, instance := filesNode(t, buckets{"@plain/b.env": "B=2"})
	_, err := n.Control.MapBucket(t.Context(), structs.BucketMappingRequest{BucketMapping: structs.BucketMapping{Bucket: "plain", Directory: "/srv"}})
	noError(t, err)
	trust := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	for name, resource := range map[string]string{"reader": "arn:aws:s3:::plain/b.env", "other": "arn:aws:s3:::plain/a.env"} {
		n.MustApply(t, structs.PutRole{Role: structs.Role{Name: name, Path: "/", Version: 1, ID: "AROA" + name, Trust: trust, Policies: []structs.RolePolicy{{
			Name: "files", Document: `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"` + resource + `"}}`,
		}}}})
	}
	agent := control.WithCaller(t.Context(), &control.Caller{ARN: "agent/" + instance.ID, Instance: instance.ID, Policy: &structs.Policy{}})
	for role, want := range map[string]string{
		"": "has no executionRoleArn", "none": "gantry role create none", "other": "s3:GetObject on resource: arn:aws:s3:::plain/b.env", "reader": "",
	} {
		overrides := &structs.TaskOverride{}
		if role != "" {
			overrides.ExecutionRoleArn = "arn:aws:iam::000000000000:role/" + role
		}
		task := runWithFiles(t, n, overrides, "plain/b.env")
		got, err := n.Control.TaskFiles(agent, nil, instance.ID, task.ID)
		if want == "" && (err != nil || got.Environment["app"]["B"] != "2") || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("role %q: %v (%v), want %q", role, got, err, want)
		}
	}
}
