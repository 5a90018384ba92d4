package fsm

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func TestTagAndUntag(t *testing.T) {
	h := running(t)
	for _, resource := range []string{"cluster/prod", "task-definition/web:1", "container-instance/prod/i1", "task/prod/t1"} {
		h.do(structs.UntagCommand{Resource: resource, Keys: []string{"a"}})
		h.do(structs.TagCommand{Resource: resource, Tags: []structs.Tag{{Key: "x", Value: "1"}, {Key: "y", Value: "1"}}})
		h.do(structs.TagCommand{Resource: resource, Tags: []structs.Tag{{Key: "z", Value: "2"}, {Key: "x", Value: "2"}, {Key: "z", Value: "3"}}})
		want := []structs.Tag{{Key: "x", Value: "2"}, {Key: "y", Value: "1"}, {Key: "z", Value: "3"}}
		if diff := cmp.Diff(want, h.snap().Tags(resource)); diff != "" {
			t.Errorf("%s tagged: %s", resource, diff)
		}
		h.do(structs.UntagCommand{Resource: resource, Keys: []string{"x", "z", "never"}})
		if diff := cmp.Diff(want[1:2], h.snap().Tags(resource)); diff != "" {
			t.Errorf("%s untagged: %s", resource, diff)
		}
	}
}

func TestTagUnknownResource(t *testing.T) {
	h := running(t)
	for _, resource := range []string{
		"", "cluster", "cluster/none", "cluster/prod/i1", "task-definition/web", "task-definition/web:9", "task-definition/web:01",
		"container-instance/other/i1", "container-instance/prod/none", "task/other/t1", "task/t1", "task/prod/none", "service/prod/s",
	} {
		h.refused(structs.TagCommand{Resource: resource, Tags: []structs.Tag{{Key: "a"}}},
			structs.KindInvalidParameter, "The specified resource "+resource+" was not found")
		h.refused(structs.UntagCommand{Resource: resource, Keys: []string{"a"}},
			structs.KindInvalidParameter, "The specified resource "+resource+" was not found")
	}
}

func TestTagLimit(t *testing.T) {
	h := running(t)
	var tags []structs.Tag
	for n := range 50 {
		tags = append(tags, structs.Tag{Key: fmt.Sprint(n)})
	}
	h.do(structs.TagCommand{Resource: "cluster/prod", Tags: tags})
	h.do(structs.TagCommand{Resource: "cluster/prod", Tags: tags[:1]}) // no new key
	h.refused(structs.TagCommand{Resource: "cluster/prod", Tags: []structs.Tag{{Key: "one more"}}}, structs.KindInvalidParameter, "50")
}
