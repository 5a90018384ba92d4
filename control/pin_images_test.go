package control_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

func pinned(container, letter string) []structs.PinnedImage {
	return []structs.PinnedImage{{Container: container, Digest: "sha256:" + strings.Repeat(letter, 64)}}
}

// Agents get the digest that was proposed first: as the answer to their own proposal, and with each
// later assignment of the deployment. The next deployment begins anew.
func TestPinImages(t *testing.T) {
	h := newHarness(t)
	first := h.deployments("web")[0]
	instance := h.Store.Snapshot().Task(h.tasks(first.ID)[0]).Instance
	pin := func(deployment, container, letter string) ([]structs.PinnedImage, error) {
		return h.Control.PinImages(t.Context(), instance, deployment, pinned(container, letter))
	}
	for _, letter := range []string{"a", "b"} {
		got, err := pin(first.ID, "main", letter)
		if err != nil || !slices.Equal(got, pinned("main", "a")) {
			t.Errorf("proposed %s, got %v, error %v", letter, got, err)
		}
	}
	index := h.Store.Snapshot().Index()
	if _, err := pin(first.ID, "main", "c"); err != nil || h.Store.Snapshot().Index() != index {
		t.Errorf("what is decided on is decided again, error %v", err)
	}
	stream := openStream(t, h.Control, instance)
	defer stream.Close()
	for _, as := range next(t, stream).Assignments {
		if as.Deployment != first.ID || !slices.Equal(as.Images, pinned("main", "a")) {
			t.Errorf("the assignment has deployment %q and images %v", as.Deployment, as.Images)
		}
	}
	h.update(control.UpdateServiceInput{ForceNewDeployment: true})
	h.Settle(t)
	second := h.deployments("web")[1]
	if len(second.Images) > 0 {
		t.Errorf("a new deployment has %v", second.Images)
	}
}

func TestPinImagesRefuses(t *testing.T) {
	h := newHarness(t)
	d := h.deployments("web")[0].ID
	instance := h.Store.Snapshot().Task(h.tasks(d)[0]).Instance
	for name, test := range map[string]struct {
		instance, deployment string
		images               []structs.PinnedImage
		kind                 structs.Kind
		says                 string
	}{
		"no such deployment":       {instance, "ecs-svc/9", pinned("main", "a"), structs.KindResourceNotFound, "ecs-svc/9"},
		"an instance without task": {"other", d, pinned("main", "a"), structs.KindResourceNotFound, "no task of deployment"},
		"no digest":                {instance, d, []structs.PinnedImage{{Container: "main", Digest: "latest"}}, structs.KindInvalidParameter, `"latest"`},
		"no such container":        {instance, d, pinned("side", "a"), structs.KindInvalidParameter, `"side"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := h.Control.PinImages(t.Context(), test.instance, test.deployment, test.images)
			expectError(t, err, test.kind, test.says)
		})
	}
}
