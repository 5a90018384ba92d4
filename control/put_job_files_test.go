package control_test

import (
	"context"
	"slices"
	"testing"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// fakeSecrets has one secret.
type fakeSecrets struct{}

func (fakeSecrets) Value(_ context.Context, _ *state.Snapshot, address string) (string, error) {
	if address != "prod/key" {
		return "", structs.Errorf(structs.KindResourceNotFound, "there is no secret %s", address)
	}
	return "s3cret", nil
}

// A change of a file that is updated in place changes the job and nothing about its tasks, whose
// agents are told and get the new content. Any other change of a file is a deployment.
func TestPutJobWithFiles(t *testing.T) {
	h := newHarness(t)
	ctx := t.Context()
	spec := func(live, fixed string) *structs.JobSpec {
		return webSpec(func(s *structs.JobSpec) {
			s.Containers[0].Files = []structs.ConfigFile{
				{Name: "live", Path: "/config/live", Content: live, OnChange: structs.OnChangeSignal},
				{Name: "fixed", Path: "/etc/fixed", Content: fixed},
				{Name: "key", Path: "/etc/key", Secret: "prod/key", Mode: "0400", Owner: "1000"},
			}
		})
	}
	instance := slices.Collect(h.Store.Snapshot().Instances("default"))[0].ID
	first := h.put(spec("1", "1"))
	task := h.Store.Snapshot().Task(h.tasks(first.Deployment)[0])
	stream := openStream(t, h.Control, instance)
	defer stream.Close()
	if _, err := stream.Next(ctx); err != nil {
		t.Fatal(err)
	}
	expect := func(want string, version int) {
		t.Helper()
		got, err := h.Control.TaskFiles(ctx, fakeSecrets{}, instance, task.ID)
		if err != nil || len(got.Files) != 3 || got.Version != version || string(got.Files[0].Content) != want || got.Files[0].Signal != "SIGHUP" || !got.Files[0].InPlace {
			t.Fatalf("got %+v (%v), want %q of version %d", got, err, want, version)
		}
		if f := got.Files[2]; string(f.Content) != "s3cret" || f.Mode != 0o400 || f.UID != 1000 || f.GID != 1000 {
			t.Errorf("the file of a secret: %+v", f)
		}
	}
	expect("1", 1)

	plan, err := h.Control.PlanJob(ctx, spec("2", "1"))
	change := structs.FieldChange{Field: "containers[main].files[live].content", From: `"1"`, To: `"2"`}
	if err != nil || plan.Replaces || !slices.Equal(plan.Changes, []structs.FieldChange{change}) {
		t.Errorf("plan %+v (%v)", plan, err)
	}
	second := h.put(spec("2", "1"))
	if second.Result != structs.JobUpdated || second.Deployment != "" || second.TaskDefinition != "site:1" || second.Version != 2 {
		t.Errorf("in place: %+v", second)
	}
	expect("2", 2)
	frame, err := stream.Next(ctx)
	if err != nil || len(frame.Assignments) != 1 || frame.Assignments[0].Task.ID != task.ID || frame.Assignments[0].Task.Files.Wanted != 2 {
		t.Fatalf("the agent is told %+v (%v)", frame, err)
	}
	if f := frame.Assignments[0].Definition.ContainerDefinitions[0].Files; len(f) != 3 || f[0].Content != "" || f[1].Content != "" || f[2].Secret != "" {
		t.Errorf("the assignment has contents: %+v", f)
	}
	if again := h.put(spec("2", "1")); again.Result != structs.JobUnchanged {
		t.Errorf("the same file again: %+v", again)
	}
	shown, err := h.Control.DescribeJob(ctx, "default", "site")
	if err != nil || shown.Spec.Containers[0].Files[0].Content != "2" {
		t.Errorf("the job is shown as %+v (%v)", shown.Spec, err)
	}

	h.reportFiles(task)
	third := h.put(spec("2", "2"))
	if third.Deployment == "" || third.TaskDefinition != "site:2" {
		t.Errorf("not in place: %+v", third)
	}
}

// reportFiles reports that a task has its files.
func (h *harness) reportFiles(task *structs.Task) {
	h.t.Helper()
	report := structs.TaskUpdate{Task: task.ID, Status: structs.TaskRunning, Files: &structs.FilesState{Applied: 2}}
	noError(h.t, h.Control.ReportTasks(h.t.Context(), task.Instance, 0, []structs.TaskUpdate{report}))
	if f := h.Store.Snapshot().Task(task.ID).Files; *f != (structs.FilesState{Wanted: 2, Applied: 2}) || f.Trouble() != "" {
		h.t.Errorf("reported: %+v", f)
	}
}

// Without secrets, or with one that there is not, a task cannot have its files.
func TestFileOfMissingSecret(t *testing.T) {
	h := newHarness(t)
	put := h.put(webSpec(func(s *structs.JobSpec) {
		s.Containers[0].Files = []structs.ConfigFile{{Name: "key", Path: "/etc/key", Secret: "none"}}
	}))
	task := h.Store.Snapshot().Task(h.tasks(put.Deployment)[0])
	_, err := h.Control.TaskFiles(t.Context(), fakeSecrets{}, task.Instance, task.ID)
	expectError(t, err, structs.KindResourceNotFound, "file key of container main: there is no secret none")
	_, err = h.Control.TaskFiles(t.Context(), nil, task.Instance, task.ID)
	expectError(t, err, structs.KindUnsupportedFeature, "file key of container main")
}
