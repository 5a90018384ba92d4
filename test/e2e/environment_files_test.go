package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

// bucket runs "gantry bucket".
func (d *dev) bucket(args ...string) (string, error) {
	d.t.Helper()
	out, err := exec.CommandContext(d.t.Context(), gantry, append(append([]string{"bucket"}, args...), "--address", d.address)...).CombinedOutput()
	return string(out), err
}

// environmentOf returns the variables that the engine gave a container of a task.
func environmentOf(t *testing.T, task types.Task, name string) []string {
	t.Helper()
	id := aws.ToString(container(t, task, name).RuntimeId)
	return strings.Split(strings.TrimSpace(docker(t, "inspect", "--format", `{{join .Config.Env "\n"}}`, id)), "\n")
}

// A definition that names files in S3 gets them from a directory and from an S3 endpoint, once the
// buckets are mapped, and is told what to do before that.
func TestEnvironmentFiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "base.env"), []byte("# defaults\nLEVEL=info\nQUOTED=\"a b\"\nURL=http://x/?a=b\nBOTH=directory\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s3 := testutil.StartS3(t)
	s3.Put("team-config", "prod/app.env", "BOTH=endpoint\nMORE=1\n")
	d := startDev(t)
	definition := app("app", "sleep")
	definition.Environment = []types.KeyValuePair{{Name: aws.String("LEVEL"), Value: aws.String("debug")}}
	for _, name := range []string{"defaults/base.env", "team-config/prod/app.env"} {
		definition.EnvironmentFiles = append(definition.EnvironmentFiles, types.EnvironmentFile{Type: types.EnvironmentFileTypeS3, Value: aws.String("arn:aws:s3:::" + name)})
	}
	family := d.family(definition)

	task := d.await(d.run(family), "STOPPED")
	reason := aws.ToString(task.StoppedReason)
	if want := "ResourceInitializationError: environment file arn:aws:s3:::defaults/base.env of container app: bucket defaults is not mapped; map it with: gantry bucket map defaults"; !strings.HasPrefix(reason, want) {
		t.Errorf("stopped because %q, want %q", reason, want)
	}
	if out, err := d.bucket("map", "defaults", "--directory", dir); err != nil || !strings.Contains(out, "Bucket defaults is mapped to directory "+dir) || !strings.Contains(out, "Every server") {
		t.Errorf("map: %v\n%s", err, out)
	}
	if out, err := d.bucket("map", "team-config", "--endpoint", s3.URL); err != nil {
		t.Errorf("map: %v\n%s", err, out)
	}
	task = d.await(d.run(family), "STOPPED")
	if reason := aws.ToString(task.StoppedReason); !strings.Contains(reason, "environment file arn:aws:s3:::team-config/prod/app.env of container app") || !strings.Contains(reason, s3.URL) {
		t.Errorf("an endpoint that wants a key: %q", reason)
	}
	s3.AllowAnyone()
	task = d.await(d.run(family), "RUNNING")
	env := environmentOf(t, task, "app")
	for _, want := range []string{"LEVEL=debug", `QUOTED="a b"`, "URL=http://x/?a=b", "BOTH=directory", "MORE=1"} {
		if !slices.Contains(env, want) {
			t.Errorf("%q lacks %s", env, want)
		}
	}

	out, err := d.ecs.RunTask(t.Context(), &ecs.RunTaskInput{TaskDefinition: aws.String(family), Overrides: &types.TaskOverride{
		ContainerOverrides: []types.ContainerOverride{{Name: aws.String("app"), EnvironmentFiles: definition.EnvironmentFiles[1:]}},
	}})
	if err != nil || len(out.Tasks) != 1 {
		t.Fatal(out, err)
	}
	other := d.await(aws.ToString(out.Tasks[0].TaskArn), "RUNNING")
	if env := environmentOf(t, other, "app"); !slices.Contains(env, "BOTH=endpoint") || slices.Contains(env, "URL=http://x/?a=b") {
		t.Errorf("overridden files: %q", env)
	}
	if out, err := d.bucket("ls"); err != nil || !strings.Contains(out, "defaults") || !strings.Contains(out, "endpoint "+s3.URL) {
		t.Errorf("ls: %v\n%s", err, out)
	}
	if out, err := d.bucket("unmap", "defaults"); err != nil {
		t.Errorf("unmap: %v\n%s", err, out)
	}
	if out, err := d.bucket("show", "defaults"); err == nil || !strings.Contains(out, "is not mapped") {
		t.Errorf("show: %v\n%s", err, out)
	}
}
