package ecs

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// agentActions calls the operations that the agents of ECS call.
func (w *sdkWalk) agentActions() {
	w.agentOfInstance()
	w.agentOfTask()
	w.attachments()
	w.namespaces()
}

// agentOfInstance registers and deregisters a container instance.
func (w *sdkWalk) agentOfInstance() {
	registered, err := w.client.RegisterContainerInstance(w.Context(), &ecs.RegisterContainerInstanceInput{
		InstanceIdentityDocument: aws.String(`{"instanceId":"i-1","instanceType":"t2.micro","region":"eu-west-1"}`),
		TotalResources:           []types.Resource{{Name: aws.String("CPU"), Type: aws.String("INTEGER"), IntegerValue: 4096}},
		VersionInfo:              &types.VersionInfo{AgentVersion: aws.String("1.104.0")},
	})
	w.must(err)
	arn := registered.ContainerInstance.ContainerInstanceArn
	if i := registered.ContainerInstance; *i.Ec2InstanceId != "i-1" || *i.Status != "ACTIVE" || i.AgentConnected || i.RegisteredResources[0].IntegerValue != 4096 {
		w.Errorf("registered %+v", i)
	}
	found, err := w.client.DiscoverPollEndpoint(w.Context(), &ecs.DiscoverPollEndpointInput{ContainerInstance: arn})
	w.must(err)
	if got, want := *found.Endpoint, *w.client.Options().BaseEndpoint+"/"; got != want || *found.TelemetryEndpoint != want {
		w.Errorf("endpoints %s and %s, want %s", got, *found.TelemetryEndpoint, want)
	}
	_, err = w.client.UpdateContainerAgent(w.Context(), &ecs.UpdateContainerAgentInput{ContainerInstance: arn})
	if e, ok := errors.AsType[*types.NoUpdateAvailableException](err); !ok || !strings.Contains(e.ErrorMessage(), "1.104.0") {
		w.Errorf("update of an agent: %v", err)
	}
	_, err = w.client.DeregisterContainerInstance(w.Context(), &ecs.DeregisterContainerInstanceInput{ContainerInstance: arn})
	w.must(err)
}

// agentOfTask runs a task of sdk:1 and reports it as an agent would, until it has stopped.
func (w *sdkWalk) agentOfTask() {
	run, err := w.client.RunTask(w.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String("sdk")})
	w.must(err)
	task := run.Tasks[0].TaskArn
	of, err := w.client.SubmitContainerStateChange(w.Context(), &ecs.SubmitContainerStateChangeInput{
		Task: task, ContainerName: aws.String("c"), Status: aws.String("RUNNING"), RuntimeId: aws.String("r"),
	})
	w.must(err)
	_, err = w.client.SubmitTaskStateChange(w.Context(), &ecs.SubmitTaskStateChangeInput{Task: task, Status: aws.String("RUNNING")})
	w.must(err)
	_, err = w.client.SubmitTaskStateChange(w.Context(), &ecs.SubmitTaskStateChangeInput{
		Task: task, Status: aws.String("STOPPED"), Containers: []types.ContainerStateChange{{ContainerName: aws.String("c"), ExitCode: aws.Int32(3)}},
	})
	w.must(err)
	seen, err := w.client.DescribeTasks(w.Context(), &ecs.DescribeTasksInput{Tasks: []string{*task}})
	w.must(err)
	if got := seen.Tasks[0]; *got.LastStatus != "STOPPED" || *got.Containers[0].ExitCode != 3 || *got.Containers[0].RuntimeId != "r" || *of.Acknowledgment == "" {
		w.Errorf("task %+v", got)
	}
}

func (w *sdkWalk) attachments() {
	_, err := w.client.SubmitAttachmentStateChanges(w.Context(), &ecs.SubmitAttachmentStateChangesInput{
		Attachments: []types.AttachmentStateChange{{AttachmentArn: aws.String("a"), Status: aws.String("ATTACHED")}},
	})
	if e, ok := errors.AsType[*types.InvalidParameterException](err); !ok || !strings.Contains(e.ErrorMessage(), "no attachment 'a'") {
		w.Errorf("an attachment that is not there: %v", err)
	}
}

func (w *sdkWalk) namespaces() {
	_, err := w.client.UpdateCluster(w.Context(), &ecs.UpdateClusterInput{
		Cluster: aws.String("empty"), ServiceConnectDefaults: &types.ClusterServiceConnectDefaultsRequest{Namespace: aws.String("internal")},
	})
	w.must(err)
	none, err := w.client.ListServicesByNamespace(w.Context(), &ecs.ListServicesByNamespaceInput{Namespace: aws.String("internal")})
	w.must(err)
	if len(none.ServiceArns) != 0 {
		w.Errorf("services in a namespace: %v", none.ServiceArns)
	}
	_, err = w.client.ListServicesByNamespace(w.Context(), &ecs.ListServicesByNamespaceInput{Namespace: aws.String("shop")})
	if _, ok := errors.AsType[*types.NamespaceNotFoundException](err); !ok {
		w.Errorf("a namespace that is not there: %v", err)
	}
}
