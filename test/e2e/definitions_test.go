package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

// Network configurations that go with definitions of mode awsvpc; only FARGATE has public
// addresses.
const (
	inSubnet       = "awsvpcConfiguration={subnets=[subnet-0a1b2c3d],securityGroups=[sg-0a1b2c3d]}"
	inPublicSubnet = "awsvpcConfiguration={subnets=[subnet-0a1b2c3d],securityGroups=[sg-0a1b2c3d],assignPublicIp=ENABLED}"
)

// definition returns a task definition of testdata/definitions, with the image of the tests.
func definition(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "definitions", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "IMAGE", testutil.AppImage)
}

// start runs a task with the aws command line, waits with its waiter, and returns the task.
func (d *dev) start(args ...string) types.Task {
	d.t.Helper()
	var out struct {
		Tasks    []struct{ TaskArn string }
		Failures []any
	}
	d.aws(&out, append([]string{"run-task"}, args...)...)
	if len(out.Tasks) != 1 {
		d.t.Fatalf("not placed: %v", out.Failures)
	}
	arn := out.Tasks[0].TaskArn
	d.await(arn, "RUNNING") // the command line's waiter looks only every 6 seconds
	d.aws(nil, "wait", "tasks-running", "--tasks", arn)
	return d.describe(arn)
}

// page fetches the page of an address, which a RUNNING container may not serve yet.
func page(t *testing.T, address string) string {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		resp, err := http.Get("http://" + address + "/")
		if err == nil {
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			return strings.TrimSpace(string(text))
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}

// address checks that a task shows its network as ECS does, and returns its address.
func address(t *testing.T, task types.Task) string {
	t.Helper()
	if len(task.Attachments) != 1 || aws.ToString(task.Attachments[0].Type) != "ElasticNetworkInterface" || aws.ToString(task.Attachments[0].Status) != "ATTACHED" {
		t.Fatalf("attachments: %+v", task.Attachments)
	}
	details := map[string]string{}
	for _, detail := range task.Attachments[0].Details {
		details[aws.ToString(detail.Name)] = aws.ToString(detail.Value)
	}
	ip := details["privateIPv4Address"]
	for _, name := range []string{"subnetId", "networkInterfaceId", "macAddress", "privateIPv4Address"} {
		if details[name] == "" {
			t.Errorf("the attachment has no %s: %v", name, details)
		}
	}
	for _, c := range task.Containers {
		if len(c.NetworkInterfaces) != 1 || aws.ToString(c.NetworkInterfaces[0].PrivateIpv4Address) != ip ||
			aws.ToString(c.NetworkInterfaces[0].AttachmentId) != aws.ToString(task.Attachments[0].Id) || len(c.NetworkBindings) != 0 {
			t.Errorf("container %s: interfaces %+v, bindings %+v", aws.ToString(c.Name), c.NetworkInterfaces, c.NetworkBindings)
		}
	}
	return ip
}

// TestDefinitions runs task definitions of the shapes that people have, whole, on one dev.
func TestDefinitions(t *testing.T) {
	d := startDev(t, "--task-network", "10.87.0.0/16") // beside a gantry dev with the usual range
	for name, test := range map[string]func(*testing.T, *dev){
		"fargate web":   fargateWeb,
		"bridge links":  bridgeLinks,
		"service, EFS":  serviceWithFiles,
		"described":     describedDefinition,
		"no room there": noRoomForNetwork,
	} {
		t.Run(name, func(t *testing.T) {
			sub := *d
			sub.t = t
			test(t, &sub)
		})
	}
	instance := d.instance()
	d.stop()
	if left := append(volumesOf(t, instance), containersOf(t, instance)...); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

// Two containers that talk by localhost, one of them checked, after a third that ran once. Another
// task and the machine reach them.
func fargateWeb(t *testing.T, d *dev) {
	d.aws(nil, "register-task-definition", "--cli-input-json", definition(t, "fargate-web"))
	run := []string{"--task-definition", "fargate-web", "--launch-type", "FARGATE", "--network-configuration", inPublicSubnet}
	task := d.start(append(run, "--platform-version", "LATEST", "--propagate-tags", "TASK_DEFINITION")...)
	if task.LaunchType != types.LaunchTypeFargate || deref(task.PlatformVersion) != "1.4.0" || deref(task.PlatformFamily) != "Linux" ||
		task.EphemeralStorage == nil || task.EphemeralStorage.SizeInGiB != 20 || task.HealthStatus != types.HealthStatusHealthy {
		t.Errorf("not as a FARGATE task of ECS: %s %s %s, %+v, %s", task.LaunchType, deref(task.PlatformVersion), deref(task.PlatformFamily), task.EphemeralStorage,
			task.HealthStatus)
	}
	if c := container(t, task, "migrate"); c.ExitCode == nil || *c.ExitCode != 0 {
		t.Errorf("what reads a neighbour at 127.0.0.1 ended as %+v", c)
	}
	ip := address(t, task)
	greeting := page(t, ip)
	if !strings.HasPrefix(greeting, "Welcome from ") || !strings.HasPrefix(page(t, ip+":8080"), "Hello from ") {
		t.Errorf("the machine gets %q", greeting)
	}
	overrides, err := json.Marshal(map[string]any{"containerOverrides": []any{map[string]any{
		"name": "web", "command": []string{"fetch", "http://" + ip + "/", greeting}}}})
	if err != nil {
		t.Fatal(err)
	}
	var out struct{ Tasks []struct{ TaskArn string } }
	d.aws(&out, append([]string{"run-task", "--overrides", string(overrides)}, run...)...)
	if c := container(t, d.await(out.Tasks[0].TaskArn, "STOPPED"), "web"); c.ExitCode == nil || *c.ExitCode != 0 {
		t.Errorf("a task that reads the other's page ended as %+v", c)
	}
	d.stopTask(deref(task.TaskArn))
}

// Links, the mounts of another container, limits and an init process in a task of network mode
// bridge.
func bridgeLinks(t *testing.T, d *dev) {
	d.aws(nil, "register-task-definition", "--cli-input-json", definition(t, "bridge-links"))
	task := d.start("--task-definition", "bridge-links")
	if task.LaunchType != types.LaunchTypeEc2 || task.ContainerInstanceArn == nil || len(task.Attachments) != 0 || task.PlatformVersion != nil {
		t.Errorf("not as a task on an instance: %+v", task)
	}
	web := container(t, task, "web")
	get(t, hostPort(t, web, 80), "/")
	const what = `{{.HostConfig.Init}} {{range .HostConfig.Ulimits}}{{.Name}}={{.Soft}}:{{.Hard}}{{end}} {{range .Mounts}}{{.Destination}} {{.RW}}{{end}} {{index .Config.Labels "shop.part"}}`
	if is := docker(t, "inspect", "-f", what, deref(web.RuntimeId)); is != "true nofile=4096:8192 /var/lib/db false web" {
		t.Errorf("the container has %s", is)
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		look := container(t, d.describe(deref(task.TaskArn)), "look")
		if look.ExitCode != nil && *look.ExitCode == 0 {
			break
		}
		if look.ExitCode != nil || time.Now().After(deadline) {
			t.Fatalf("what reads a linked container by its alias ended as %+v", look)
		}
	}
	d.stopTask(deref(task.TaskArn))
}

// A service with a network of its own and files of EFS, and its rolling update.
func serviceWithFiles(t *testing.T, d *dev) {
	files := t.TempDir()
	if err := os.Mkdir(filepath.Join(files, "app"), 0o755); err != nil {
		t.Fatal(err)
	}
	d.volume("map", "fs-0fedcba9876543210", "--host-path", files)
	d.aws(nil, "register-task-definition", "--cli-input-json", definition(t, "ec2-efs"))
	d.aws(nil, "create-service", "--service-name", "files", "--task-definition", "ec2-efs", "--desired-count", "2", "--launch-type", "EC2",
		"--network-configuration", inSubnet)
	s := &service{d, "files"}
	s.deleteAtEnd(t)
	s.stable()
	d.aws(nil, "wait", "services-stable", "--services", "files")
	if _, err := os.Stat(filepath.Join(files, "app", "note")); err != nil {
		t.Error(err)
	}
	var before []string
	for _, task := range s.running() {
		ip := address(t, task)
		page(t, ip) // both have port 80
		before = append(before, ip)
	}
	if len(before) != 2 || before[0] == before[1] {
		t.Fatalf("addresses %q", before)
	}
	d.aws(nil, "register-task-definition", "--cli-input-json", definition(t, "ec2-efs"))
	d.aws(nil, "update-service", "--service", "files", "--task-definition", "ec2-efs")
	s.stable()
	for _, task := range s.running() {
		if ip := address(t, task); slices.Contains(before, ip) || !strings.HasSuffix(deref(task.TaskDefinitionArn), ":2") {
			t.Errorf("after the update, %s has address %s; before it were %q", deref(task.TaskDefinitionArn), ip, before)
		}
	}
}
