package ecs

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// testAgentActions calls what agents of ECS call, and leaves nothing.
func testAgentActions(t *testing.T, client *ecs.Client) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	registered, err := client.RegisterContainerInstance(ctx, &ecs.RegisterContainerInstanceInput{
		InstanceIdentityDocument: aws.String(`{"instanceId":"i-1","instanceType":"t2.micro","region":"eu-west-1"}`),
		TotalResources:           []types.Resource{{Name: aws.String("CPU"), Type: aws.String("INTEGER"), IntegerValue: 4096}},
		VersionInfo:              &types.VersionInfo{AgentVersion: aws.String("1.104.0")},
	})
	must(err)
	arn := registered.ContainerInstance.ContainerInstanceArn
	if i := registered.ContainerInstance; *i.Ec2InstanceId != "i-1" || *i.Status != "ACTIVE" || i.AgentConnected || i.RegisteredResources[0].IntegerValue != 4096 {
		t.Errorf("registered %+v", i)
	}
	found, err := client.DiscoverPollEndpoint(ctx, &ecs.DiscoverPollEndpointInput{ContainerInstance: arn})
	must(err)
	if got, want := *found.Endpoint, *client.Options().BaseEndpoint+"/"; got != want || *found.TelemetryEndpoint != want {
		t.Errorf("endpoints %s and %s, want %s", got, *found.TelemetryEndpoint, want)
	}
	_, err = client.UpdateContainerAgent(ctx, &ecs.UpdateContainerAgentInput{ContainerInstance: arn})
	if e, ok := errors.AsType[*types.NoUpdateAvailableException](err); !ok || !strings.Contains(e.ErrorMessage(), "1.104.0") {
		t.Errorf("update of an agent: %v", err)
	}
	_, err = client.DeregisterContainerInstance(ctx, &ecs.DeregisterContainerInstanceInput{ContainerInstance: arn})
	must(err)

	run, err := client.RunTask(ctx, &ecs.RunTaskInput{TaskDefinition: aws.String("sdk")})
	must(err)
	task := run.Tasks[0].TaskArn
	of, err := client.SubmitContainerStateChange(ctx, &ecs.SubmitContainerStateChangeInput{
		Task: task, ContainerName: aws.String("c"), Status: aws.String("RUNNING"), RuntimeId: aws.String("r"),
	})
	must(err)
	_, err = client.SubmitTaskStateChange(ctx, &ecs.SubmitTaskStateChangeInput{Task: task, Status: aws.String("RUNNING")})
	must(err)
	_, err = client.SubmitTaskStateChange(ctx, &ecs.SubmitTaskStateChangeInput{
		Task: task, Status: aws.String("STOPPED"), Containers: []types.ContainerStateChange{{ContainerName: aws.String("c"), ExitCode: aws.Int32(3)}},
	})
	must(err)
	seen, err := client.DescribeTasks(ctx, &ecs.DescribeTasksInput{Tasks: []string{*task}})
	must(err)
	if got := seen.Tasks[0]; *got.LastStatus != "STOPPED" || *got.Containers[0].ExitCode != 3 || *got.Containers[0].RuntimeId != "r" || *of.Acknowledgment == "" {
		t.Errorf("task %+v", got)
	}
	_, err = client.SubmitAttachmentStateChanges(ctx, &ecs.SubmitAttachmentStateChangesInput{
		Attachments: []types.AttachmentStateChange{{AttachmentArn: aws.String("a"), Status: aws.String("ATTACHED")}},
	})
	if e, ok := errors.AsType[*types.InvalidParameterException](err); !ok || !strings.Contains(e.ErrorMessage(), "no attachment 'a'") {
		t.Errorf("an attachment that is not there: %v", err)
	}
	_, err = client.UpdateCluster(ctx, &ecs.UpdateClusterInput{
		Cluster: aws.String("empty"), ServiceConnectDefaults: &types.ClusterServiceConnectDefaultsRequest{Namespace: aws.String("internal")},
	})
	must(err)
	none, err := client.ListServicesByNamespace(ctx, &ecs.ListServicesByNamespaceInput{Namespace: aws.String("internal")})
	must(err)
	if len(none.ServiceArns) != 0 {
		t.Errorf("services in a namespace: %v", none.ServiceArns)
	}
	_, err = client.ListServicesByNamespace(ctx, &ecs.ListServicesByNamespaceInput{Namespace: aws.String("shop")})
	if _, ok := errors.AsType[*types.NamespaceNotFoundException](err); !ok {
		t.Errorf("a namespace that is not there: %v", err)
	}
}
