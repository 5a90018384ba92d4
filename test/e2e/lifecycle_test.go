package e2e

import (
	"fmt"
	"math/rand/v2"
	"net"
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

// TestContainers runs what a task definition can say of containers, on one dev.
func TestContainers(t *testing.T) {
	d := startDev(t)
	tests := map[string]func(*testing.T, *dev){
		"essential ends the task":       essentialEnds,
		"non-essential does not":        nonEssentialEnds,
		"several on one instance":       severalContainers,
		"ports":                         ports,
		"host network":                  hostNetwork,
		"SIGKILL after stopTimeout":     stopTimeout,
		"overrides":                     overrides,
		"limits":                        limits,
		"open files":                    openFiles,
		"empty and unused members":      emptyMembers,
		"user and read-only root":       readOnly,
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

func ports(t *testing.T, d *dev) {
	fixed := freePort(t)
	web := app("web", "serve")
	web.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	web2 := app("fixed", "serve")
	web2.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), HostPort: aws.Int32(fixed)}}
	udp := app("udp", "udp")
	udp.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), Protocol: types.TransportProtocolUdp}}
	family := d.family(web, web2, udp)
	arn := d.run(family)
	task := d.await(arn, "RUNNING")
	get(t, hostPort(t, container(t, task, "web"), 80), "/")
	if got := hostPort(t, container(t, task, "fixed"), 80); got != fixed {
		t.Errorf("fixed port %d became %d", fixed, got)
	}
	get(t, fixed, "/")
	if echo := udpEcho(t, hostPort(t, container(t, task, "udp"), 80)); echo != "ping" {
		t.Errorf("udp answered %q", echo)
	}
	out, err := d.ecs.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String(family)})
	if err != nil || len(out.Failures) != 1 || aws.ToString(out.Failures[0].Reason) != "RESOURCE:PORTS" {
		t.Errorf("second task on the same fixed port: %v %+v", err, out)
	}
	d.stopTask(arn)
}

func hostNetwork(t *testing.T, d *dev) {
	port := freePort(t)
	web := app("web", "serve")
	web.Image, web.Memory = aws.String(testutil.AppImage), aws.Int32(16)
	web.Environment = []types.KeyValuePair{{Name: aws.String("PORT"), Value: aws.String(fmt.Sprint(port))}}
	web.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(port)}}
	_, err := d.ecs.RegisterTaskDefinition(t.Context(), &ecs.RegisterTaskDefinitionInput{
		Family: aws.String("hostnet"), NetworkMode: types.NetworkModeHost, ContainerDefinitions: []types.ContainerDefinition{web},
	})
	if err != nil {
		t.Fatal(err)
	}
	arn := d.run("hostnet")
	task := d.await(arn, "RUNNING")
	if got := hostPort(t, container(t, task, "web"), port); got != port {
		t.Errorf("host port %d, want %d", got, port)
	}
	get(t, port, "/")
	d.stopTask(arn)
}

func stopTimeout(t *testing.T, d *dev) {
	deaf := app("deaf", "ignore-term")
	deaf.StopTimeout = aws.Int32(1)
	deaf.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80)}}
	arn := d.run(d.family(deaf))
	// from now on it is deaf
	get(t, hostPort(t, container(t, d.await(arn, "RUNNING"), "deaf"), 80), "/")
	if code := d.stopTask(arn).Containers[0].ExitCode; aws.ToInt32(code) != 137 {
		t.Errorf("exit code %v, want 137", code)
	}
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

// openFiles: without ulimits it is 65535, or what the engine has where it cannot give as many; with
// them what they say.
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

// emptyMembers: what is empty asks for nothing, and takes nothing from the image or the definition.
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

func outOfMemory(t *testing.T, d *dev) {
	task := d.await(d.run(d.family(app("main", "alloc", "64"))), "STOPPED")
	c := task.Containers[0]
	if aws.ToInt32(c.ExitCode) != 137 || !strings.HasPrefix(aws.ToString(c.Reason), "OutOfMemoryError") {
		t.Errorf("exit code %d, reason %q", aws.ToInt32(c.ExitCode), aws.ToString(c.Reason))
	}
}

func noImage(t *testing.T, d *dev) {
	c := app("main")
	c.Image = aws.String("127.0.0.1:1/gantry/no-such-image:1")
	failsToStart(t, d, c, "CannotPullContainerError")
}

func noCommand(t *testing.T, d *dev) {
	c := app("main")
	c.EntryPoint = []string{"/no/such/command"}
	failsToStart(t, d, c, "CannotStartContainerError")
}

func portTaken(t *testing.T, d *dev) {
	l, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := app("main", "serve")
	c.PortMappings = []types.PortMapping{{ContainerPort: aws.Int32(80), HostPort: aws.Int32(int32(l.Addr().(*net.TCPAddr).Port))}}
	failsToStart(t, d, c, "CannotStartContainerError")
}

func failsToStart(t *testing.T, d *dev, c types.ContainerDefinition, reason string) {
	t.Helper()
	task := d.await(d.run(d.family(c)), "STOPPED")
	if task.StopCode != types.TaskStopCodeTaskFailedToStart || !strings.Contains(aws.ToString(task.StoppedReason), reason) {
		t.Errorf("stopped with %s, %q; want TaskFailedToStart, %s", task.StopCode, aws.ToString(task.StoppedReason), reason)
	}
	if got := aws.ToString(task.Containers[0].Reason); !strings.HasPrefix(got, reason) {
		t.Errorf("the container's reason is %q, want %s", got, reason)
	}
}

func times(t *testing.T, d *dev) {
	arn := d.run(d.family(app("main", "sleep")))
	running := d.await(arn, "RUNNING")
	if running.StartedAt == nil || running.PullStartedAt == nil || running.PullStoppedAt == nil || running.StoppedAt != nil {
		t.Errorf("times of a running task: %+v", running)
	}
	task := d.stopTask(arn)
	order := []struct {
		name string
		at   *time.Time
	}{
		{"createdAt", task.CreatedAt}, {"pullStartedAt", task.PullStartedAt}, {"pullStoppedAt", task.PullStoppedAt}, {"startedAt", task.StartedAt},
		{"stoppingAt", task.StoppingAt}, {"executionStoppedAt", task.ExecutionStoppedAt}, {"stoppedAt", task.StoppedAt},
	}
	for i, o := range order {
		if o.at == nil {
			t.Errorf("%s is missing", o.name)
		} else if i > 0 && order[i-1].at != nil && o.at.Before(*order[i-1].at) {
			t.Errorf("%s %v is before %s %v", o.name, o.at, order[i-1].name, order[i-1].at)
		}
	}
	if aws.ToString(task.DesiredStatus) != "STOPPED" || task.Version <= running.Version {
		t.Errorf("desired %s, version %d after %d", aws.ToString(task.DesiredStatus), task.Version, running.Version)
	}
}

// givenPorts has the ports that freePort returned: a test may be given one some time before it
// listens there.
var givenPorts sync.Map

// freePort returns a port that nothing listens on, TCP or UDP, that no other test was given, and
// that the kernel gives to nobody who asks for any: those begin at 32768.
func freePort(t *testing.T) int32 {
	t.Helper()
	for range 1000 {
		port := 10000 + rand.Int32N(20000)
		if _, given := givenPorts.LoadOrStore(port, true); given {
			continue
		}
		at := fmt.Sprintf("0.0.0.0:%d", port)
		l, err := net.Listen("tcp", at)
		if err != nil {
			continue
		}
		l.Close()
		if p, err := net.ListenPacket("udp", at); err == nil {
			p.Close()
			return port
		}
	}
	t.Fatal("no free port of 10000-29999")
	return 0
}

func udpEcho(t *testing.T, port int32) string {
	t.Helper()
	conn, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	buf := make([]byte, 64)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		_, _ = conn.Write([]byte("ping"))
		_ = conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		if n, err := conn.Read(buf); err == nil {
			return string(buf[:n])
		}
	}
	return ""
}
