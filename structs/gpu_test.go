package structs

import (
	"reflect"
	"strings"
	"testing"
)

func gpuContainer(name, count string) ContainerDefinition {
	c := ContainerDefinition{Name: name, Memory: new(int32(64))}
	if count != "" {
		c.ResourceRequirements = []ResourceRequirement{{Type: RequirementGPU, Value: count}}
	}
	return c
}

// TestGPUsOfATask: a task needs the sum of its containers' GPUs, and each container gets its own in
// the order of the definition.
func TestGPUsOfATask(t *testing.T) {
	d := &TaskDefinition{ContainerDefinitions: []ContainerDefinition{gpuContainer("a", "1"), gpuContainer("b", ""), gpuContainer("c", "2")}}
	over := func(name, count string) *TaskOverride {
		return &TaskOverride{ContainerOverrides: []ContainerOverride{{Name: name, ResourceRequirements: gpuContainer("", count).ResourceRequirements}}}
	}
	for name, c := range map[string]struct {
		override *TaskOverride
		need     int
		split    [][]string
	}{
		"as defined":                  {nil, 3, [][]string{{"0"}, nil, {"1", "2"}}},
		"an override in place of it":  {over("c", "1"), 2, [][]string{{"0"}, nil, {"1"}}},
		"an override where none was":  {over("b", "1"), 4, [][]string{{"0"}, {"1"}, {"2", "3"}}},
		"an override of other things": {over("c", ""), 3, [][]string{{"0"}, nil, {"1", "2"}}},
	} {
		need := Need(d, c.override).GPUs
		if need != c.need {
			t.Errorf("%s: needs %d GPUs, want %d", name, need, c.need)
		}
		if got := d.SplitGPUs(c.override, []string{"0", "1", "2", "3"}[:need]); !reflect.DeepEqual(got, c.split) {
			t.Errorf("%s: %q, want %q", name, got, c.split)
		}
	}
	if got := d.SplitGPUs(nil, []string{"0", "1"}); !reflect.DeepEqual(got, [][]string{{"0"}, nil, {"1"}}) {
		t.Errorf("with one GPU too few: %q", got)
	}
}

func TestFreeGPUsAreInTheOrderOfTheInstance(t *testing.T) {
	h := Host{Instance: &ContainerInstance{GPUs: []string{"3", "10", "1", "2"}}, Usage: &Usage{GPUs: []string{"1", "9"}}}
	if got := h.FreeGPUs(); !reflect.DeepEqual(got, []string{"3", "10", "2"}) {
		t.Errorf("free: %q", got)
	}
}

func TestValidateGPUs(t *testing.T) {
	for _, c := range []struct {
		ids  []string
		want string // empty: fine
	}{
		{nil, ""},
		{[]string{"0", "GPU-8a56a4bc-e184-a047-2620-be19fdf913d5"}, ""},
		{[]string{"0", ""}, "gpus[1]: '' is not the id of a GPU"},
		{[]string{"0,1"}, "gpus[0]: '0,1' is not the id"},
		{[]string{"0 1"}, "gpus[0]"},
		{[]string{"1", "0", "1"}, "gpus[2]: GPU '1' is named twice."},
	} {
		got := ""
		if err := (&ContainerInstance{GPUs: c.ids}).ValidateGPUs(); err != nil {
			got = err.Error()
		}
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.ids, got, c.want)
		}
	}
}
