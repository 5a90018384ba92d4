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

// inAllModes calls f with a task in each network mode that has a network.
func inAllModes(t *testing.T, d *dev, change func(*ecs.RegisterTaskDefinitionInput), f func(a *asker, mode types.NetworkMode)) {
	for mode, port := range map[types.NetworkMode]int32{types.NetworkModeBridge: 80, types.NetworkModeHost: 8099, types.NetworkModeAwsvpc: 80} {
		t.Run(string(mode), func(t *testing.T) {
			a := startAsker(&dev{t: t, ecs: d.ecs, address: d.address}, mode, port, change)
			defer a.stopTask(a.arn)
			f(a, mode)
		})
	}
}

// metadata is what the tests read of a task.
type metadata struct {
	TaskARN, Family, Revision, KnownStatus, LaunchType string
	TaskTags                                           map[string]string
	Containers                                         []struct {
		DockerId, Name, KnownStatus, ContainerARN string
		Networks                                  []struct {
			NetworkMode   string
			IPv4Addresses []string
		}
	}
}

// TestTaskMetadata: a container learns what it and its task are and use, in each network mode.
func TestTaskMetadata(t *testing.T) {
	d := startDev(t)
	inAllModes(t, d, func(*ecs.RegisterTaskDefinitionInput) {}, func(a *asker, mode types.NetworkMode) {
		var of metadata
		a.read("$ECS_CONTAINER_METADATA_URI_V4/taskWithTags", &of)
		if of.TaskARN != a.arn || of.Revision != "1" || of.KnownStatus != "RUNNING" || of.LaunchType != "EC2" || of.TaskTags["team"] != "web" || len(of.Containers) != 1 {
			a.t.Fatalf("the task is %+v", of)
		}
		c := of.Containers[0]
		if seen := a.describe(a.arn).Containers[0]; c.Name != "app" || c.ContainerARN != aws.ToString(seen.ContainerArn) || c.DockerId != aws.ToString(seen.RuntimeId) ||
			c.Networks[0].NetworkMode != string(mode) || (len(c.Networks[0].IPv4Addresses) == 0) != (mode == types.NetworkModeHost) {
			a.t.Errorf("the container is %+v", c)
		}
		var stats map[string]struct {
			Memory   struct{ Usage int64 }               `json:"memory_stats"`
			Before   struct{ System int64 }              `json:"precpu_stats"`
			Networks map[string]struct{ Received int64 } `json:"networks"`
			Rates    *struct{ Received, Sent float64 }   `json:"network_rate_stats"`
		}
		for range 2 {
			a.read("$ECS_CONTAINER_METADATA_URI_V4/task/stats", &stats)
		}
		if s := stats[c.DockerId]; s.Memory.Usage == 0 || (s.Rates == nil) != (mode == types.NetworkModeHost) {
			a.t.Errorf("statistics: %+v", stats)
		}
		var v3 metadata
		a.read("$ECS_CONTAINER_METADATA_URI/task", &v3)
		if v3.TaskARN != a.arn {
			a.t.Errorf("version 3: %+v", v3)
		}
	})
}

// TestTaskRole: the SDK's default chain works in a container, in each network mode, and calls
// Gantry with the keys of the task's role; the task protects itself.
func TestTaskRole(t *testing.T) {
	d := startDev(t)
	withRole := func(in *ecs.RegisterTaskDefinitionInput) {
		in.TaskRoleArn = aws.String("arn:aws:iam::000000000000:role/app")
	}
	inAllModes(t, d, withRole, func(a *asker, _ types.NetworkMode) {
		if status, text := a.fetch("GET", "/caller", ""); status != http.StatusOK || !strings.Contains(text, "lists 1 tasks") {
			a.t.Errorf("the SDK in the container: %d %s", status, text)
		}
		var keys struct{ AccessKeyId, Token, Expiration, RoleArn string }
		a.read("http://169.254.170.2$AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", &keys)
		if !strings.HasPrefix(keys.AccessKeyId, "ASIA") || keys.Token == "" || keys.RoleArn != "arn:aws:iam::000000000000:role/app" {
			a.t.Errorf("the keys are %+v", keys)
		}
		status, text := a.ask("PUT", "$ECS_AGENT_URI/task-protection/v1/state", `{"ProtectionEnabled":true}`)
		if status != http.StatusOK || !strings.Contains(text, "TASK_NOT_VALID") { // it is no service's
			a.t.Errorf("protection: %d %s", status, text)
		}
	})
}

// TestTaskRoleOutlivesTheAgent: an agent that was killed gives keys at the same address again.
func TestTaskRoleOutlivesTheAgent(t *testing.T) {
	dir := t.TempDir()
	d := startDev(t, "--data-dir", dir)
	a := startAsker(d, types.NetworkModeBridge, 80, func(in *ecs.RegisterTaskDefinitionInput) { in.TaskRoleArn = aws.String("app") })
	if status, text := a.fetch("GET", "/caller", ""); status != http.StatusOK {
		t.Fatalf("before: %d %s", status, text)
	}
	d.kill()
	d = startDev(t, "--data-dir", dir)
	a.dev = d
	status, text := a.fetch("GET", "/caller", "")
	for end := time.Now().Add(patience); status != http.StatusOK && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		status, text = a.fetch("GET", "/caller", "") // its endpoint is another dev's port until then
	}
	if status != http.StatusOK {
		t.Errorf("after: %d %s", status, text)
	}
	a.stopTask(a.arn)
}
