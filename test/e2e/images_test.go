package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/testutil"
)

// shelf returns a registry whose images leave the engine at the end of the test. Tests call it
// before startDev, so that no container is left by then.
func shelf(t *testing.T) *testutil.Registry {
	t.Helper()
	r := testutil.StartRegistry(t)
	t.Cleanup(func() {
		for _, line := range strings.Split(docker(t, "images", "--format", "{{.Repository}} {{.ID}}"), "\n") {
			if repository, id, _ := strings.Cut(line, " "); strings.HasPrefix(repository, r.Address) {
				docker(t, "rmi", "--force", id)
			}
		}
	})
	return r
}

// content returns the files of an image that no other test has.
func content(t *testing.T, version string) []byte {
	return testutil.AppLayer(t, testutil.File{Name: "version", Mode: 0o644, Body: []byte(t.Name() + version)})
}

// wantDigests checks that the running tasks of a service all have one digest.
func (s *service) wantDigests(when, digest string, count int) {
	s.d.t.Helper()
	got := map[string]int{}
	for _, task := range s.running() {
		got[aws.ToString(task.Containers[0].ImageDigest)]++
	}
	if len(got) != 1 || got[digest] != count {
		s.d.t.Errorf("%s: digests %v, want %d of %s", when, got, count, digest)
	}
}

// revisionDigests returns the digests of the service's revisions, newest first.
func (s *service) revisionDigests() (digests []string) {
	s.d.t.Helper()
	for _, brief := range s.deployments() {
		out, err := s.d.ecs.DescribeServiceRevisions(s.d.t.Context(), &ecs.DescribeServiceRevisionsInput{
			ServiceRevisionArns: []string{aws.ToString(brief.TargetServiceRevisionArn)},
		})
		if err != nil {
			s.d.t.Fatal(err)
		}
		digests = append(digests, aws.ToString(out.ServiceRevisions[0].ContainerImages[0].ImageDigest))
	}
	return digests
}

// The tag moves while a service runs. Its tasks all have the digest of the beginning, until a new
// deployment asks for the tag again. After a rollback they have the earlier digest.
func TestTagThatMoves(t *testing.T) {
	r := shelf(t)
	d := startDev(t)
	first := r.Push("app", "1", content(t, "1"))
	c := app("main", "sleep")
	c.Image = aws.String(r.Address + "/app:1")
	family := d.family(c)
	s := d.service(2, family, withBreaker)
	second := r.Push("app", "1", content(t, "2"))
	s.update(func(in *ecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(3) })
	s.stable()
	s.wantDigests("one more task after the tag moved", first, 3)
	if task := d.await(d.run(family), "RUNNING"); aws.ToString(task.Containers[0].ImageDigest) != second {
		t.Errorf("RunTask runs %s, want what the tag means now", aws.ToString(task.Containers[0].ImageDigest))
	}

	s.update(func(in *ecs.UpdateServiceInput) { in.ForceNewDeployment = true })
	s.until("the new deployment is complete", func() bool {
		return s.describe().Deployments[0].RolloutState == types.DeploymentRolloutStateCompleted && len(s.running()) == 3
	})
	s.wantDigests("a new deployment", second, 3)
	if got := s.revisionDigests(); len(got) != 2 || got[0] != second || got[1] != first {
		t.Errorf("the revisions have the digests %v", got)
	}

	r.Push("app", "1", content(t, "3"))
	broken := cannotStart()
	d.family(broken)
	s.update(func(in *ecs.UpdateServiceInput) { in.TaskDefinition = aws.String(family) })
	s.until("it is rolled back", func() bool { return s.hasEvent("rolling back to") })
	s.update(func(in *ecs.UpdateServiceInput) { in.DesiredCount = aws.Int32(4) })
	s.stable()
	s.wantDigests("one more task after a rollback", second, 4)
}

// A private registry gives its image to a task whose definition names a login that the agent has,
// and the password is nowhere to be read.
func TestPrivateRegistry(t *testing.T) {
	const password = "secret-word"
	file := filepath.Join(t.TempDir(), "registries.json")
	if err := os.WriteFile(file, []byte(`{"credentialsParameters":{"registry":{"username":"me","password":"`+password+`"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r := shelf(t)
	d := startDev(t, "--registry-credentials", file)
	r.Push("app", "1", content(t, ""))
	r.Require("me", password)
	run := func(parameter string) types.Task {
		t.Helper()
		c := app("main", "sleep")
		c.Image = aws.String(r.Address + "/app:1")
		status := "STOPPED"
		if parameter != "" {
			c.RepositoryCredentials = &types.RepositoryCredentials{CredentialsParameter: aws.String(parameter)}
		}
		if parameter == "registry" {
			status = "RUNNING"
		}
		return d.await(d.run(d.family(c)), status)
	}
	for parameter, says := range map[string]string{"": "no credentials for " + r.Address, "other": "gantry secret put other"} {
		if reason := aws.ToString(run(parameter).StoppedReason); !strings.HasPrefix(reason, "CannotPullContainerError: ") || !strings.Contains(reason, says) {
			t.Errorf("by %q: %s", parameter, reason)
		}
	}
	task := run("registry")
	for what, text := range map[string]string{
		"the log": d.log.tail(1000), "inspect": docker(t, "inspect", aws.ToString(task.Containers[0].RuntimeId)),
	} {
		if strings.Contains(text, password) {
			t.Errorf("%s has the password", what)
		}
	}
}

// While a pull is slow, the task says how far it is. A registry that breaks off is tried again.
func TestSlowRegistry(t *testing.T) {
	r := shelf(t)
	d := startDev(t)
	r.Push("app", "1", content(t, ""))
	var broken atomic.Bool
	r.Slow(150_000)
	r.Fault(func(w http.ResponseWriter, _ *http.Request) {
		if broken.CompareAndSwap(false, true) {
			r.Fault(nil)
		}
		http.Error(w, "busy", http.StatusServiceUnavailable)
	})
	c := app("main", "sleep")
	c.Image = aws.String(r.Address + "/app:1")
	task := d.run(d.family(c))
	list := func() string {
		t.Helper()
		out, err := d.gantry("task", "ls")
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return out
	}
	for !strings.Contains(list(), "pulling "+*c.Image+", ") {
		if status := aws.ToString(d.describe(task).LastStatus); status != "PENDING" && status != "PROVISIONING" {
			t.Fatalf("the task is %s and never said how far its pull is", status)
		}
		time.Sleep(100 * time.Millisecond)
	}
	d.await(task, "RUNNING")
	if out := list(); strings.Contains(out, "pulling") {
		t.Errorf("it still pulls:\n%s", out)
	}
}
