package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

// volume runs "gantry volume".
func (d *dev) volume(args ...string) string {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), gantry, append(append([]string{"volume"}, args...), "--address", d.address)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		d.t.Fatalf("gantry volume %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// toTheEnd registers a definition given as JSON, and runs a task of it until it stops.
func (d *dev) toTheEnd(definition string) types.Task {
	d.t.Helper()
	var registered struct {
		TaskDefinition struct{ TaskDefinitionArn string }
	}
	d.aws(&registered, "register-task-definition", "--cli-input-json", strings.ReplaceAll(definition, "IMAGE", testutil.AppImage))
	return d.await(d.run(registered.TaskDefinition.TaskDefinitionArn), "STOPPED")
}

// expectCodes checks that every container of a task ended with code 0.
func expectCodes(t *testing.T, task types.Task) {
	t.Helper()
	for _, c := range task.Containers {
		if c.ExitCode == nil || *c.ExitCode != 0 {
			t.Errorf("container %s ended with %v: %s", *c.Name, c.ExitCode, deref(task.StoppedReason))
		}
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// volumesOf lists the engine's volumes of an instance.
func volumesOf(t *testing.T, instance string) []string {
	t.Helper()
	return strings.Fields(docker(t, "volume", "ls", "-q", "--filter", "label=gantry.instance="+instance))
}

// One container writes into a volume of the task and a directory of the host; another one reads the
// volume, and a third has the mounts of the first. Nothing of the task is left afterwards.
func TestVolumesOfATask(t *testing.T) {
	d := startDev(t)
	instance, host := d.instance(), filepath.Join(t.TempDir(), "made")
	task := d.toTheEnd(fmt.Sprintf(`{"family": "shares", "ephemeralStorage": {"sizeInGiB": 30},
		"volumes": [{"name": "scratch"}, {"name": "host", "host": {"sourcePath": %q}}, {"name": "own", "dockerVolumeConfiguration": {"scope": "task"}}],
		"containerDefinitions": [
			{"name": "heir", "image": "IMAGE", "memory": 16, "command": ["read", "/data/file", "/host/file"],
				"dependsOn": [{"containerName": "second", "condition": "COMPLETE"}, {"containerName": "reader", "condition": "COMPLETE"}],
				"volumesFrom": [{"sourceContainer": "writer", "readOnly": true}]},
			{"name": "writer", "image": "IMAGE", "memory": 16, "essential": false, "command": ["write", "/data/file"], "mountPoints": [
				{"sourceVolume": "scratch", "containerPath": "/data"}, {"sourceVolume": "own", "containerPath": "/own"},
				{"sourceVolume": "host", "containerPath": "/host"}]},
			{"name": "second", "image": "IMAGE", "memory": 16, "essential": false, "command": ["write", "/out/file"],
				"mountPoints": [{"sourceVolume": "host", "containerPath": "/out"}]},
			{"name": "reader", "image": "IMAGE", "memory": 16, "essential": false, "command": ["read", "/in/file"],
				"mountPoints": [{"sourceVolume": "scratch", "containerPath": "/in", "readOnly": true}]}]}`, host))
	expectCodes(t, task)
	if task.EphemeralStorage == nil || task.EphemeralStorage.SizeInGiB != 30 {
		t.Errorf("ephemeral storage is %+v", task.EphemeralStorage)
	}
	if text, err := os.ReadFile(filepath.Join(host, "file")); err != nil || string(text) != "written\n" {
		t.Errorf("on the host is %q: %v", text, err)
	}
	if volumes := volumesOf(t, instance); len(volumes) != 2 {
		t.Errorf("while its containers are kept, the task has volumes %q", volumes)
	}
	d.stop()
	if left := append(volumesOf(t, instance), containersOf(t, instance)...); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

// A definition with EFS runs unchanged once its file system is mapped, and says how until then.
func TestMappedFileSystem(t *testing.T) {
	d := startDev(t)
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	const definition = `{"family": "efs", "containerDefinitions": [{"name": "app", "image": "IMAGE", "memory": 16,
		"command": ["write", "/files/f"], "mountPoints": [{"sourceVolume": "files", "containerPath": "/files"}]}],
		"volumes": [{"name": "files", "efsVolumeConfiguration": {"fileSystemId": "fs-0123456789abcdef0", "rootDirectory": "/sub",
			"transitEncryption": "ENABLED"}}]}`
	stopped := d.toTheEnd(definition)
	const remedy = "ResourceInitializationError: volume files: fs-0123456789abcdef0 is not mapped; map it with: gantry volume map fs-0123456789abcdef0 "
	if stopped.StopCode != types.TaskStopCodeTaskFailedToStart || !strings.HasPrefix(deref(stopped.StoppedReason), remedy) {
		t.Errorf("unmapped: %s %s", stopped.StopCode, deref(stopped.StoppedReason))
	}
	d.volume("map", "fs-0123456789abcdef0", "--host-path", dir)
	expectCodes(t, d.toTheEnd(definition))
	if _, err := os.Stat(filepath.Join(dir, "sub", "f")); err != nil {
		t.Error("it wrote elsewhere:", err)
	}
	if list := d.volume("ls"); !strings.Contains(list, "fs-0123456789abcdef0") || !strings.Contains(list, "directory "+dir) {
		t.Errorf("gantry volume ls says\n%s", list)
	}
	// Nobody listens on that port, and where the kernel has no NFS client the mount fails sooner.
	d.volume("map", "fs-0123456789abcdef0", "--nfs", "127.0.0.1:/export", "--option", "port=1", "--option", "soft", "--option", "timeo=1", "--option", "retrans=1")
	if reason := deref(d.toTheEnd(definition).StoppedReason); !strings.Contains(reason, "ContainerError") || !strings.Contains(reason, ":/export/sub") {
		t.Errorf("with a server that is not there: %s", reason)
	}
	d.volume("unmap", "fs-0123456789abcdef0")
	if again := d.toTheEnd(definition); !strings.HasPrefix(deref(again.StoppedReason), remedy) {
		t.Errorf("unmapped again: %s", deref(again.StoppedReason))
	}
}

// A killed agent finds the volume of its task: the containers keep it, and there is no other.
func TestVolumesAfterAKill(t *testing.T) {
	data := t.TempDir()
	d := startDev(t, "--data-dir", data)
	out, status := d.job(fmt.Sprintf(`
name: keeper
volumes: [{name: scratch}]
containers:
  - {name: app, image: %s, memory: 16, command: [sleep], mountPoints: [{sourceVolume: scratch, containerPath: /data}]}
`, testutil.AppImage), "run", "-", "--wait")
	if status != 0 {
		t.Fatal(out)
	}
	instance, arn := d.instance(), ""
	var listed struct{ TaskArns []string }
	if d.aws(&listed, "list-tasks"); len(listed.TaskArns) == 1 {
		arn = listed.TaskArns[0]
	}
	t.Cleanup(func() {
		for _, id := range containersOf(t, instance) {
			docker(t, "rm", "-f", id)
		}
		for _, name := range volumesOf(t, instance) {
			docker(t, "volume", "rm", name)
		}
	})
	before := volumesOf(t, instance)
	if len(before) != 1 {
		t.Fatalf("the task has volumes %q", before)
	}
	d.kill()
	d = startDev(t, "--data-dir", data)
	if out, status := d.job("", "stop", "keeper"); status != 0 {
		t.Fatal(out)
	}
	d.await(arn, "STOPPED")
	after := volumesOf(t, instance)
	if len(after) != 1 || after[0] != before[0] || len(containersOf(t, instance)) != 1 {
		t.Errorf("volumes were %q and are %q, with containers\n%s", before, after,
			docker(t, "ps", "-a", "--filter", "label=gantry.instance="+instance))
	}
}
