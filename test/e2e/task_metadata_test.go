package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

// asker is a task with a container that asks for us.
type asker struct {
	*dev
	arn  string
	base string // of the container's server
}

// startAsker runs a task in a network mode, whose container listens on a port.
func startAsker(d *dev, mode types.NetworkMode, port int32, change func(*ecs.RegisterTaskDefinitionInput)) *asker {
	d.t.Helper()
	in := &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("asks-" + string(mode)), NetworkMode: mode,
		ContainerDefinitions: []types.ContainerDefinition{{
			Name: aws.String("app"), Image: aws.String(testutil.AppImage), Memory: aws.Int32(64),
			Environment: []types.KeyValuePair{{Name: aws.String("PORT"), Value: aws.String(fmt.Sprint(port))}},
		}},
	}
	if mode == types.NetworkModeBridge {
		in.ContainerDefinitions[0].PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(port)}}
	}
	change(in)
	if _, err := d.ecs.RegisterTaskDefinition(d.t.Context(), in); err != nil {
		d.t.Fatal(err)
	}
	run := &ecs.RunTaskInput{TaskDefinition: in.Family, EnableECSManagedTags: true, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("web")}}}
	if mode == types.NetworkModeAwsvpc {
		run.NetworkConfiguration = &types.NetworkConfiguration{AwsvpcConfiguration: &types.AwsVpcConfiguration{Subnets: []string{"subnet-1"}}}
	}
	out, err := d.ecs.RunTask(d.t.Context(), run)
	if err != nil || len(out.Tasks) != 1 {
		d.t.Fatalf("%v, %+v", err, out)
	}
	a := &asker{dev: d, arn: aws.ToString(out.Tasks[0].TaskArn)}
	task := d.await(a.arn, "RUNNING")
	switch mode {
	case types.NetworkModeBridge:
		a.base = fmt.Sprintf("http://127.0.0.1:%d", hostPort(d.t, container(d.t, task, "app"), port))
	case types.NetworkModeAwsvpc:
		a.base = fmt.Sprintf("http://%s:%d", aws.ToString(task.Containers[0].NetworkInterfaces[0].PrivateIpv4Address), port)
	default:
		a.base = fmt.Sprintf("http://127.0.0.1:%d", port)
	}
	return a
}

// ask asks from inside the container; variables of its environment count in the URL.
func (a *asker) ask(method, target, body string) (status int, answer string) {
	a.t.Helper()
	return a.fetch(method, "/ask?url="+url.QueryEscape(target), body)
}

// fetch asks the container itself, until it listens.
func (a *asker) fetch(method, path, body string) (status int, answer string) {
	a.t.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		request, _ := http.NewRequestWithContext(a.t.Context(), method, a.base+path, strings.NewReader(body))
		var response *http.Response
		if response, err = http.DefaultClient.Do(request); err != nil {
			continue
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			a.t.Fatal(err)
		}
		return response.StatusCode, string(text)
	}
	a.t.Fatal(err)
	return 0, ""
}

// read asks for JSON.
func (a *asker) read(target string, out any) {
	a.t.Helper()
	status, text := a.ask(http.MethodGet, target, "")
	if err := json.Unmarshal([]byte(text), out); err != nil || status != http.StatusOK {
		a.t.Fatalf("%s: %d %s", target, status, text)
	}
}

// TestTaskMetadata: a container learns what it and its task are, in each network mode.
func TestTaskMetadata(t *testing.T) {
	d := startDev(t)
	for mode, port := range map[types.NetworkMode]int32{types.NetworkModeBridge: 8080, types.NetworkModeHost: 8099, types.NetworkModeAwsvpc: 80} {
		t.Run(string(mode), func(t *testing.T) {
			a := startAsker(&dev{t: t, ecs: d.ecs, address: d.address}, mode, port, func(*ecs.RegisterTaskDefinitionInput) {})
			defer a.stopTask(a.arn)
			for _, path := range []string{"$ECS_CONTAINER_METADATA_URI_V4", "$ECS_CONTAINER_METADATA_URI_V4/task", "$ECS_CONTAINER_METADATA_URI_V4/taskWithTags",
				"$ECS_CONTAINER_METADATA_URI_V4/stats", "$ECS_CONTAINER_METADATA_URI_V4/stats", "$ECS_CONTAINER_METADATA_URI_V4/task/stats", "$ECS_CONTAINER_METADATA_URI/task"} {
				status, text := a.ask("GET", path, "")
				t.Log(path, status, text)
			}
			_, env := a.fetch("GET", "/env", "")
			t.Log(env)
		})
	}
}
