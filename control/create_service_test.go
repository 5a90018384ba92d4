package control_test

import (
	"log/slog"
	"slices"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// The same request sent twice at the same time creates one service, with or without a client token.
func TestCreateServiceTwiceAtOnce(t *testing.T) {
	for _, token := range []string{"", "once"} {
		h := newHarness(t)
		in := control.CreateServiceInput{
			Cluster: "default", Name: "api", ClientToken: token, RequestHash: "h", ServiceChange: control.ServiceChange{TaskDefinition: "app", Count: new(1)},
		}
		var first *structs.Job
		log := &racing{Log: h.Node, times: 1, before: func() { first = h.create(in) }}
		c := control.New(control.Config{Log: log, Store: h.Store, Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
		second, err := c.CreateService(t.Context(), in)
		if err != nil || second.ID != first.ID {
			t.Fatalf("token %q: %v: %+v", token, err, second)
		}
	}
}

// A name and a client token each stand for one request, until the service that it created is gone.
func TestCreateServiceNotIdempotent(t *testing.T) {
	h := newHarness(t)
	in := control.CreateServiceInput{
		Cluster: "default", Name: "api", ClientToken: "once", RequestHash: "h", ServiceChange: control.ServiceChange{TaskDefinition: "app", Count: new(0)},
	}
	first := h.create(in)
	refused := func(name, token, hash string) {
		t.Helper()
		other := in
		other.Name, other.ClientToken, other.RequestHash = name, token, hash
		if _, err := h.Control.CreateService(t.Context(), other); err == nil || err.Error() != "Creation of service was not idempotent." {
			t.Errorf("name %s, token %s, arguments %s: %v", name, token, hash, err)
		}
	}
	refused("api", "once", "other")
	refused("api", "another", "other")
	refused("other", "once", "other")
	if _, err := h.Control.DeleteService(t.Context(), "default", "api", false); err != nil {
		t.Fatal(err)
	}
	if again := h.create(in); again.ID == first.ID || again.Status != structs.ServiceActive {
		t.Errorf("the deleted service was found: %+v", again)
	}
}

// Tasks get their tags from where propagateTags says, and the managed ones too.
func TestServiceTaskTags(t *testing.T) {
	h := newHarness(t)
	own := []structs.Tag{{Key: "from", Value: "service"}}
	for propagate, want := range map[string][]structs.Tag{
		structs.PropagateNone: nil, structs.PropagateFromService: own,
		structs.PropagateFromDefinition: {{Key: "from", Value: "definition"}},
	} {
		name := "tags-" + propagate
		h.create(control.CreateServiceInput{Name: name, Tags: own, ServiceChange: control.ServiceChange{
			TaskDefinition: "app", Count: new(1), PropagateTags: propagate, ManagedTags: new(true),
		}})
		want = append(slices.Clone(want), structs.Tag{Key: "aws:ecs:clusterName", Value: "default"}, structs.Tag{Key: "aws:ecs:serviceName", Value: name})
		task := h.tasks(h.deployments(name)[0].ID)[0]
		if got := h.Store.Snapshot().Tags("task/default/" + task); !slices.Equal(got, want) {
			t.Errorf("%s: tags %v, want %v", propagate, got, want)
		}
	}
}
