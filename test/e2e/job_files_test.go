package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/gantry-project/gantry/testutil"
)

// filesInMemory returns what agents keep for tasks in their directories under a directory.
func filesInMemory(t *testing.T, dir string) (all []string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// untilLog waits until the output of a container is as wanted.
func untilLog(t *testing.T, id, want string) {
	t.Helper()
	got := ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if got = docker(t, "logs", id); strings.TrimSpace(got) == strings.TrimSpace(want) {
			return
		}
	}
	t.Fatalf("container %.12s printed %q, not %q", id, got, want)
}

// A job's files are in its containers, read-only. A change of one that is updated in place reaches
// the task that runs, also if its agent was killed meanwhile; a change of another one replaces the
// task. Nothing is left of tasks that have ended.
func TestJobFiles(t *testing.T) {
	memory, err := os.MkdirTemp("/dev/shm", "gantry-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(memory)
	args := []string{"--data-dir", t.TempDir(), "--files-dir", filepath.Join(memory, "files")}
	d := startDev(t, args...)
	file := func(live, fixed string) string {
		return fmt.Sprintf(`
name: files
update: {minimumHealthyPercent: 0, maximumPercent: 100}
containers:
  - name: app
    image: %s
    memory: 16
    command: [reload, /config/live.conf]
    files:
      - {name: live.conf, path: /config/live.conf, content: %q, onChange: signal}
      - {name: fixed.conf, path: /etc/app/fixed.conf, content: %q, mode: "0440", owner: "1000:1001"}
`, testutil.AppImage, live, fixed)
	}
	d.says(file("one\n", "a\n"), 0, []string{"run", "-", "--wait"}, "created")
	task := d.only("files")
	id := aws.ToString(container(t, d.describe(task), "app").RuntimeId)
	untilLog(t, id, "one")
	if got := docker(t, "inspect", "--format", "{{range .Mounts}}{{.Destination}} {{.RW}}\n{{end}}", id); !strings.Contains(got, "/config false") || !strings.Contains(got, "/etc/app/fixed.conf false") {
		t.Errorf("mounts %q", got)
	}
	if info, err := os.Stat(strings.TrimSpace(docker(t, "inspect", "--format", `{{range .Mounts}}{{if eq .Destination "/etc/app/fixed.conf"}}{{.Source}}{{end}}{{end}}`, id))); err != nil || info.Mode().Perm() != 0o440 {
		t.Errorf("the file on the machine: %v %v", info, err)
	}

	d.says(file("two\n", "a\n"), 0, []string{"plan", "-"}, "~ containers[app].files[live.conf].content", `line 1: "one" -> "two"`)
	d.says(file("two\n", "a\n"), 0, []string{"run", "-", "--wait"}, "updated")
	untilLog(t, id, "one\ntwo")
	if d.only("files") != task {
		t.Error("a file that is updated in place replaced the task")
	}
	d.kill()
	d = startDev(t, args...)
	d.says(file("two\n", "a\n"), 0, []string{"run", "-"}, "unchanged")
	d.says(file("three\n", "a\n"), 0, []string{"run", "-", "--wait"}, "updated")
	untilLog(t, id, "one\ntwo\nthree")

	d.says(file("three\n", "b\n"), 0, []string{"plan", "-"}, "fixed.conf", "A deployment would replace its tasks")
	d.says(file("three\n", "b\n"), 0, []string{"run", "-", "--wait"}, "updated")
	d.await(task, "STOPPED")
	next := d.only("files")
	if next == task {
		t.Fatal("a file that is not updated in place left the task as it was")
	}
	untilLog(t, aws.ToString(container(t, d.describe(next), "app").RuntimeId), "three")
	if got := filesInMemory(t, filepath.Join(memory, "files")); len(got) != 1 {
		t.Errorf("the files of one task are kept: %q", got)
	}
	d.says("", 0, []string{"stop", "files"})
	d.await(next, "STOPPED")
	untilNoFiles(t, filepath.Join(memory, "files"))
}

// untilNoFiles waits until nothing of tasks is kept in memory.
func untilNoFiles(t *testing.T, dir string) {
	t.Helper()
	for deadline := time.Now().Add(patience); len(filesInMemory(t, dir)) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("left are %q", filesInMemory(t, dir))
		}
	}
}

// only returns the task of a service that runs just one.
func (d *dev) only(service string) string {
	d.t.Helper()
	out, err := d.ecs.ListTasks(d.t.Context(), &ecs.ListTasksInput{ServiceName: aws.String(service)})
	if err != nil || len(out.TaskArns) != 1 {
		d.t.Fatalf("service %s has tasks %v, error %v", service, out, err)
	}
	return out.TaskArns[0]
}
