package fsm

import (
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

func pin(container, letter string) structs.PinnedImage {
	return structs.PinnedImage{Container: container, Digest: "sha256:" + strings.Repeat(letter, 64)}
}

// The first proposal for a container holds, also against plans that were made before it, and a
// rollback begins with the digests that it returns to.
func TestPinImages(t *testing.T) {
	h := serving(t)
	before := *h.snap().Deployment("d1")
	h.do(structs.PinImages{Deployment: "d1", Images: []structs.PinnedImage{pin("app", "a")}})
	h.do(structs.PinImages{Deployment: "d1", Images: []structs.PinnedImage{pin("app", "b"), pin("side", "c")}})
	want := []structs.PinnedImage{pin("app", "a"), pin("side", "c")}
	if got := h.snap().Deployment("d1").Images; !slices.Equal(got, want) {
		t.Errorf("pinned %v", got)
	}
	h.refused(structs.PinImages{Deployment: "d9"}, structs.KindServiceDeploymentNotFound, "not found")

	h.do(putServiceCommand("s1", "web", 2, "se2", "d2"))
	cmd := servicePlan(h, "se2", "s1", "")
	back := before
	back.ID, back.Adopts = "d3", "d1"
	cmd.Plan.Deployments = []structs.Deployment{before, back}
	h.do(cmd)
	for _, id := range []string{"d1", "d3"} {
		if got := h.snap().Deployment(id).Images; !slices.Equal(got, want) {
			t.Errorf("after the plan %s has pinned %v", id, got)
		}
	}
	if got := h.snap().Deployment("d2").Images; len(got) > 0 {
		t.Errorf("a new deployment has pinned %v", got)
	}
}

// The progress of a pull is there while a task reports it, and gone with its next report. A report
// that is late changes nothing.
func TestPullProgressOfATask(t *testing.T) {
	h := serving(t)
	report := func(status structs.TaskStatus, done int64) {
		h.Helper()
		update := structs.TaskUpdate{Task: "t1", Status: status}
		if done > 0 {
			update.Pull = &structs.PullProgress{Image: "app:1", Done: done, Total: 100}
		}
		h.do(structs.ReportTasks{Instance: "i1", Updates: []structs.TaskUpdate{update}, At: 30})
	}
	report(structs.TaskPending, 10)
	report(structs.TaskPending, 20)
	if got := h.snap().Task("t1").Pull; got == nil || got.Done != 20 {
		t.Errorf("progress %+v", got)
	}
	report(structs.TaskActivating, 0)
	report(structs.TaskPending, 30)
	if got := h.snap().Task("t1").Pull; got != nil {
		t.Errorf("progress %+v of a task that has its images", got)
	}
}
