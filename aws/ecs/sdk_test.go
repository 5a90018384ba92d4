package ecs

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
)

// sdk returns AWS's own client of the door, and the operations that it has called.
func sdk(t *testing.T, f *fixture) (*ecs.Client, *[]string) {
	t.Helper()
	var called []string
	door := f.door(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		called = append(called, strings.TrimPrefix(r.Header.Get("X-Amz-Target"), API.TargetPrefix+"."))
		door.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return ecs.NewFromConfig(aws.Config{
		Region: "eu-west-1", BaseEndpoint: &server.URL,
		Credentials: credentials.NewStaticCredentialsProvider("anyone", "anything", ""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
	}), &called
}

// sdkWalk calls the operations with AWS's Go client.
type sdkWalk struct {
	*testing.T
	f      *fixture
	client *ecs.Client
}

func (w *sdkWalk) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *sdkWalk) equal(what string, got, want any) {
	w.Helper()
	if !reflect.DeepEqual(got, want) {
		w.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// Every action that is built answers AWS's Go client in a form that it understands.
func TestGoSDK(t *testing.T) {
	f := newFixture(t)
	client, called := sdk(t, f)
	w := &sdkWalk{T: t, f: f, client: client}
	w.clusters()
	w.registerDefinition()
	task := w.tasks()
	w.instances()
	w.instanceActions()
	w.serviceActions()
	w.providerActions()
	w.taskSetActions()
	w.gatewayActions()
	w.expressActions()
	w.execActions()
	w.settingActions()
	w.agentActions()
	w.tags(task)
	w.deleteDefinition()
	for operation := range actions(nil) {
		if !slices.Contains(*called, operation) {
			t.Errorf("%s was not called", operation)
		}
	}
}

func (w *sdkWalk) clusters() {
	made, err := w.client.CreateCluster(w.Context(), &ecs.CreateClusterInput{ClusterName: aws.String("web")})
	w.must(err)
	w.equal("cluster ARN", *made.Cluster.ClusterArn, "arn:aws:ecs:eu-west-1:000000000000:cluster/web")
	described, err := w.client.DescribeClusters(w.Context(), &ecs.DescribeClustersInput{Clusters: []string{"web", "nowhere"}})
	w.must(err)
	w.equal("cluster status", *described.Clusters[0].Status, "ACTIVE")
	w.equal("failure", *described.Failures[0].Reason, "MISSING")
	clusters, err := w.client.ListClusters(w.Context(), &ecs.ListClustersInput{})
	w.must(err)
	w.equal("clusters", len(clusters.ClusterArns), 3)
	deleted, err := w.client.DeleteCluster(w.Context(), &ecs.DeleteClusterInput{Cluster: made.Cluster.ClusterArn})
	w.must(err)
	w.equal("deleted cluster", *deleted.Cluster.Status, "INACTIVE")
}

// registerDefinition registers the task definition sdk:1.
func (w *sdkWalk) registerDefinition() {
	registered, err := w.client.RegisterTaskDefinition(w.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("sdk"), ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("c"), Image: aws.String("i"), Memory: aws.Int32(64), Environment: []types.KeyValuePair{},
		}},
	})
	w.must(err)
	w.equal("revision", registered.TaskDefinition.Revision, int32(1))
	definition, err := w.client.DescribeTaskDefinition(w.Context(), &ecs.DescribeTaskDefinitionInput{TaskDefinition: aws.String("sdk")})
	w.must(err)
	w.equal("registered and described", *definition.TaskDefinition, *registered.TaskDefinition)
	definitions, err := w.client.ListTaskDefinitions(w.Context(), &ecs.ListTaskDefinitionsInput{FamilyPrefix: aws.String("sdk")})
	w.must(err)
	w.equal("definitions", definitions.TaskDefinitionArns, []string{*registered.TaskDefinition.TaskDefinitionArn})
	families, err := w.client.ListTaskDefinitionFamilies(w.Context(), &ecs.ListTaskDefinitionFamiliesInput{FamilyPrefix: aws.String("s")})
	w.must(err)
	w.equal("families", families.Families, []string{"sdk", "secretive"})
}

// tasks runs, starts and stops tasks of sdk:1, and returns the ARN of one.
func (w *sdkWalk) tasks() *string {
	run, err := w.client.RunTask(w.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("sdk"), Count: aws.Int32(2)})
	w.must(err)
	w.equal("tasks run", len(run.Tasks), 2)
	started, err := w.client.StartTask(w.Context(), &ecs.StartTaskInput{TaskDefinition: aws.String("sdk"), ContainerInstances: []string{w.f.instance.ID}})
	w.must(err)
	w.equal("tasks started", len(started.Tasks), 1)
	tasks, err := w.client.DescribeTasks(w.Context(), &ecs.DescribeTasksInput{Tasks: []string{*run.Tasks[0].TaskArn, w.f.running.ID}})
	w.must(err)
	w.equal("last status", *tasks.Tasks[0].LastStatus, "PROVISIONING")
	w.equal("started at", *tasks.Tasks[1].StartedAt, time.UnixMilli(1_767_225_612_500).UTC())
	w.equal("host port", *tasks.Tasks[1].Containers[0].NetworkBindings[0].HostPort, int32(32768))
	stopped, err := w.client.StopTask(w.Context(), &ecs.StopTaskInput{Task: started.Tasks[0].TaskArn})
	w.must(err)
	w.equal("desired status", *stopped.Task.DesiredStatus, "STOPPED")
	listed, err := w.client.ListTasks(w.Context(), &ecs.ListTasksInput{Family: aws.String("sdk")})
	w.must(err)
	w.equal("tasks of the family", len(listed.TaskArns), 2)
	return run.Tasks[0].TaskArn
}

func (w *sdkWalk) instances() {
	instances, err := w.client.ListContainerInstances(w.Context(), &ecs.ListContainerInstancesInput{})
	w.must(err)
	instance, err := w.client.DescribeContainerInstances(w.Context(), &ecs.DescribeContainerInstancesInput{ContainerInstances: instances.ContainerInstanceArns})
	w.must(err)
	w.equal("agent connected", instance.ContainerInstances[0].AgentConnected, true)
}

func (w *sdkWalk) tags(arn *string) {
	_, err := w.client.TagResource(w.Context(), &ecs.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("")}, {Key: aws.String("l"), Value: aws.String("m")}}})
	w.must(err)
	_, err = w.client.UntagResource(w.Context(), &ecs.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"l"}})
	w.must(err)
	tags, err := w.client.ListTagsForResource(w.Context(), &ecs.ListTagsForResourceInput{ResourceArn: arn})
	w.must(err)
	w.equal("tags", tags.Tags, []types.Tag{{Key: aws.String("k"), Value: aws.String("")}})
}

// deleteDefinition deregisters and deletes sdk:1.
func (w *sdkWalk) deleteDefinition() {
	deregistered, err := w.client.DeregisterTaskDefinition(w.Context(), &ecs.DeregisterTaskDefinitionInput{TaskDefinition: aws.String("sdk:1")})
	w.must(err)
	w.equal("deregistered", deregistered.TaskDefinition.Status, types.TaskDefinitionStatusInactive)
	removed, err := w.client.DeleteTaskDefinitions(w.Context(), &ecs.DeleteTaskDefinitionsInput{TaskDefinitions: []string{"sdk:1"}})
	w.must(err)
	w.equal("removed", removed.TaskDefinitions[0].Status, types.TaskDefinitionStatusDeleteInProgress)
}

// Errors arrive as the client's own types.
func TestGoSDKErrors(t *testing.T) {
	f := newFixture(t)
	client, _ := sdk(t, f)
	ctx := t.Context()

	_, err := client.ListTasks(ctx, &ecs.ListTasksInput{Cluster: aws.String("nowhere")})
	if e, ok := errors.AsType[*types.ClusterNotFoundException](err); !ok || e.ErrorMessage() != "Cluster not found." {
		t.Errorf("unknown cluster: %v", err)
	}
	_, err = client.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String("nothing")})
	if _, ok := errors.AsType[*types.ClientException](err); !ok {
		t.Errorf("unknown definition: %v", err)
	}
	_, err = client.DeleteCluster(ctx, &ecs.DeleteClusterInput{Cluster: aws.String("default")})
	if _, ok := errors.AsType[*types.ClusterContainsContainerInstancesException](err); !ok {
		t.Errorf("cluster in use: %v", err)
	}
	_, err = client.ListDaemons(ctx, &ecs.ListDaemonsInput{})
	if e, ok := errors.AsType[*types.UnsupportedFeatureException](err); !ok || !strings.Contains(e.ErrorMessage(), "ListDaemons") {
		t.Errorf("operation that is not built: %v", err)
	}
	_, err = client.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String("hello:1"), ClientToken: aws.String("used")})
	if e, ok := errors.AsType[*types.ConflictException](err); !ok || len(e.ResourceIds) != 2 {
		t.Errorf("client token of another request: %v", err)
	}
}

// The same request twice returns the same tasks.
func TestClientTokenFindsTheTasks(t *testing.T) {
	client, _ := sdk(t, newFixture(t))
	in := &ecs.RunTaskInput{TaskDefinition: aws.String("hello"), ClientToken: aws.String("once"), Count: aws.Int32(2)}
	first, err := client.RunTask(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	// another way to write it
	in.Cluster = aws.String("arn:aws:ecs:eu-west-1:000000000000:cluster/default")
	second, err := client.RunTask(t.Context(), in)
	if err != nil || !reflect.DeepEqual(first.Tasks, second.Tasks) {
		t.Errorf("%v: got %v, want %v", err, second, first)
	}
}

// A server without a leader is asked again, so callers do not notice an election.
func TestClientsRetryWithoutLeader(t *testing.T) {
	f := newFixture(t)
	client, called := sdk(t, f)
	f.Outage(2)
	if _, err := client.ListClusters(t.Context(), &ecs.ListClustersInput{}); err != nil || len(*called) != 3 {
		t.Errorf("after %d calls: %v", len(*called), err)
	}
	f.Outage(100)
	_, err := client.ListClusters(t.Context(), &ecs.ListClustersInput{})
	if e, ok := errors.AsType[*types.ServerException](err); !ok || !strings.Contains(e.ErrorMessage(), "no server leads") || e.ErrorFault() != smithy.FaultServer {
		t.Errorf("got %v", err)
	}
}

// The pages together are the whole list, in both directions, even if rows disappear between two
// pages.
func TestPages(t *testing.T) {
	f := newFixture(t)
	client, _ := sdk(t, f)
	for _, sort := range []types.SortOrder{types.SortOrderAsc, types.SortOrderDesc} {
		whole, err := client.ListTaskDefinitions(t.Context(), &ecs.ListTaskDefinitionsInput{Sort: sort})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		pages := ecs.NewListTaskDefinitionsPaginator(client, &ecs.ListTaskDefinitionsInput{Sort: sort, MaxResults: aws.Int32(1)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, page.TaskDefinitionArns...)
		}
		if !slices.Equal(got, whole.TaskDefinitionArns) {
			t.Errorf("%s: pages gave %q, want %q", sort, got, whole.TaskDefinitionArns)
		}
	}
	first, err := client.ListTaskDefinitions(t.Context(), &ecs.ListTaskDefinitionsInput{MaxResults: aws.Int32(2)})
	if err != nil {
		t.Fatal(err)
	}
	// the row that the token names
	if _, err := f.Control.DeregisterTaskDefinition(t.Context(), "hello:2"); err != nil {
		t.Fatal(err)
	}
	rest, err := client.ListTaskDefinitions(t.Context(), &ecs.ListTaskDefinitionsInput{NextToken: first.NextToken})
	if err != nil || len(rest.TaskDefinitionArns) != 2 {
		t.Errorf("%v: after a row went: %v", err, rest)
	}
}
