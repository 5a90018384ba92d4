package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

// TestContainers runs what a task definition can ask of containers, on one dev.
func TestContainers(t *testing.T) {
	d := startDev(t)
	tests := map[string]func(*testing.T, *dev){
		"essential ends the task":       essentialEnds,
		"non-essential does not":        nonEssentialEnds,
		"several on one instance":       severalContainers,
		"ports":                         ports,
		"ranges of ports":               portRanges,
		"links":                         links,
		"host network":                  hostNetwork,
		"SIGKILL after stopTimeout":     stopTimeout,
		"overrides":                     overrides,
		"limits":                        limits,
		"open files":                    openFiles,
		"empty and unused members":      emptyMembers,
		"user and read-only root":       readOnly,
		"order of containers":           order,
		"dependency that fails":         failedDependency,
		"dependency that is unhealthy":  unhealthyDependency,
		"out of memory":                 outOfMemory,
		"image that does not exist":     noImage,
		"command that does not exist":   noCommand,
		"host port that is taken":       portTaken,
		"times and statuses as ECS has": times,
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			sub := *d
			sub.t = t
			test(t, &sub)
		})
	}
}

func essentialEnds(t *testing.T, d *dev) {
	web := app("main", "serve")
	web.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	arn := d.run(d.family(web, app("side", "sleep")))
	port := hostPort(t, container(t, d.await(arn, "RUNNING"), "main"), 80)
	exitBy(t, port, 7)
	task := d.await(arn, "STOPPED")
	if task.StopCode != types.TaskStopCodeEssentialContainerExited || aws.ToString(task.StoppedReason) != "Essential container in task exited" {
		t.Errorf("stopped with %s, %q", task.StopCode, aws.ToString(task.StoppedReason))
	}
	if code := container(t, task, "main").ExitCode; aws.ToInt32(code) != 7 {
		t.Errorf("exit code of main: %v, want 7", code)
	}
	if code := container(t, task, "side").ExitCode; code == nil || *code != 0 {
		t.Errorf("exit code of side: %v, want 0: it was asked to stop", code)
	}
}

func nonEssentialEnds(t *testing.T, d *dev) {
	side := app("side", "exit", "3")
	side.Essential = aws.Bool(false)
	arn := d.run(d.family(app("main", "sleep"), side))
	d.await(arn, "RUNNING")
	for aws.ToString(container(t, d.describe(arn), "side").LastStatus) != "STOPPED" {
		time.Sleep(10 * time.Millisecond)
	}
	task := d.describe(arn)
	if aws.ToString(task.LastStatus) != "RUNNING" || aws.ToInt32(container(t, task, "side").ExitCode) != 3 {
		t.Errorf("task %s, side %+v", aws.ToString(task.LastStatus), container(t, task, "side"))
	}
	d.stopTask(arn)
}

func severalContainers(t *testing.T, d *dev) {
	arn := d.run(d.family(app("one", "sleep"), app("two", "sleep"), app("three", "sleep")))
	task := d.await(arn, "RUNNING")
	for _, name := range []string{"one", "two", "three"} {
		id := aws.ToString(container(t, task, name).RuntimeId)
		if label := docker(t, "inspect", "-f", `{{index .Config.Labels "gantry.task"}}`, id); !strings.HasSuffix(arn, label) {
			t.Errorf("container %s belongs to task %s, want %s", name, label, arn)
		}
	}
	d.stopTask(arn)
}

func overrides(t *testing.T, d *dev) {
	web := app("web", "exit", "1")
	web.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	web.Environment = []types.KeyValuePair{
		{Name: aws.String("GREETING"), Value: aws.String("base")}, {Name: aws.String("KEPT"), Value: aws.String("yes")},
	}
	out, err := d.ecs.RunTask(t.Context(), &ecs.RunTaskInput{
		TaskDefinition: aws.String(d.family(web)),
		Overrides: &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{
			Name: aws.String("web"), Command: []string{"serve"},
			Environment: []types.KeyValuePair{{Name: aws.String("GREETING"), Value: aws.String("over")}},
		}}},
	})
	if err != nil || len(out.Tasks) != 1 {
		t.Fatal(err, out)
	}
	arn := aws.ToString(out.Tasks[0].TaskArn)
	port := hostPort(t, container(t, d.await(arn, "RUNNING"), "web"), 80)
	if env := get(t, port, "/env"); !strings.Contains(env, "GREETING=over\n") || !strings.Contains(env, "KEPT=yes\n") {
		t.Errorf("environment:\n%s", env)
	}
	d.stopTask(arn)
}

func limits(t *testing.T, d *dev) {
	c := app("main", "sleep")
	c.Cpu, c.Memory, c.MemoryReservation = 100, aws.Int32(32), aws.Int32(16)
	c.DockerLabels = map[string]string{"team": "blue"}
	c.WorkingDirectory = aws.String("/tmp")
	arn := d.run(d.family(c))
	id := aws.ToString(d.await(arn, "RUNNING").Containers[0].RuntimeId)
	got := docker(t, "inspect", "-f", `{{.HostConfig.CpuShares}} {{.HostConfig.Memory}} {{.HostConfig.MemoryReservation}} {{.Config.Labels.team}} {{.Config.WorkingDir}}`, id)
	if want := fmt.Sprintf("100 %d %d blue /tmp", 32<<20, 16<<20); got != want {
		t.Errorf("container has %s, want %s", got, want)
	}
	d.stopTask(arn)
}

// openFiles: without ulimits the limit is 65535, or the engine's own if it cannot give as many;
// with ulimits it is theirs.
func openFiles(t *testing.T, d *dev) {
	want := "65535"
	given, err := exec.Command("docker", "run", "--rm", "--ulimit", "nofile=65535:65535", testutil.AppImage, "nofile").Output()
	if err != nil || strings.TrimSpace(string(given)) != want {
		want = docker(t, "run", "--rm", testutil.AppImage, "nofile")
	}
	own := app("main", "nofile")
	own.Ulimits = []types.Ulimit{{Name: types.UlimitNameNofile, SoftLimit: 512, HardLimit: 1000}}
	for _, c := range []struct {
		definition types.ContainerDefinition
		want       string
	}{{app("main", "nofile"), want}, {own, "1000"}} {
		task := d.await(d.run(d.family(c.definition)), "STOPPED")
		if got := docker(t, "logs", aws.ToString(task.Containers[0].RuntimeId)); got != c.want {
			t.Errorf("with ulimits %+v: %q open files, want %s", c.definition.Ulimits, got, c.want)
		}
	}
}

// emptyMembers: an empty member asks for nothing, and takes nothing from the image or the
// definition.
func emptyMembers(t *testing.T, d *dev) {
	c := app("main", "print", "from the definition")
	c.Image, c.Memory = aws.String(testutil.AppImage), aws.Int32(16)
	c.EntryPoint, c.Links, c.DockerSecurityOptions = []string{}, []string{}, []string{}
	c.MountPoints, c.VolumesFrom, c.DependsOn = []types.MountPoint{}, []types.VolumeFrom{}, []types.ContainerDependency{}
	c.Secrets, c.EnvironmentFiles, c.Ulimits = []types.Secret{}, []types.EnvironmentFile{}, []types.Ulimit{}
	c.ResourceRequirements, c.SystemControls = []types.ResourceRequirement{}, []types.SystemControl{}
	c.WorkingDirectory, c.User, c.Hostname = aws.String(""), aws.String(""), aws.String("")
	c.LinuxParameters = &types.LinuxParameters{Capabilities: &types.KernelCapabilities{Add: []string{}, Drop: []string{}}}
	registered, err := d.ecs.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("empty"), ContainerDefinitions: []types.ContainerDefinition{c},
		TaskRoleArn: aws.String(""), ExecutionRoleArn: aws.String(""), Volumes: []types.Volume{{Name: aws.String("unused")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if e := registered.TaskDefinition.ContainerDefinitions[0].EntryPoint; e == nil || len(e) > 0 {
		t.Errorf("entryPoint comes back as %#v, was sent as []", e)
	}
	out, err := d.ecs.RunTask(t.Context(), &ecs.RunTaskInput{
		TaskDefinition: aws.String("empty"), NetworkConfiguration: &types.NetworkConfiguration{},
		Overrides: &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{{Name: aws.String("main"), Command: []string{}}}},
	})
	if err != nil || len(out.Tasks) != 1 {
		t.Fatalf("run: %+v, %v", out, err)
	}
	task := d.await(aws.ToString(out.Tasks[0].TaskArn), "STOPPED")
	if code := task.Containers[0].ExitCode; aws.ToInt32(code) != 0 || code == nil {
		t.Fatalf("exit code %v, %s", code, aws.ToString(task.StoppedReason))
	}
	if said := docker(t, "logs", aws.ToString(task.Containers[0].RuntimeId)); said != "from the definition" {
		t.Errorf("it said %q", said)
	}
}

func readOnly(t *testing.T, d *dev) {
	c := app("main", "write", "/tmp/x")
	c.ReadonlyRootFilesystem, c.User = aws.Bool(true), aws.String("1000:1000")
	task := d.await(d.run(d.family(c)), "STOPPED")
	if code := aws.ToInt32(task.Containers[0].ExitCode); code != 1 {
		t.Errorf("writing ended with %d, want 1", code)
	}
}

// givenPorts has the ports that freePort returned: a test may be given one some time before it
// listens there.
var givenPorts sync.Map
