package fsm

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/structs"
)

func onInstance(id string, pairs ...string) (list []structs.InstanceAttribute) {
	for n := 0; n < len(pairs); n += 2 {
		list = append(list, structs.InstanceAttribute{Instance: id, Attribute: structs.Attribute{Name: pairs[n], Value: pairs[n+1]}})
	}
	return list
}

func TestPutAttributes(t *testing.T) {
	h := cluster(t)
	version := h.snap().Instance("i1").Version
	h.do(structs.PutAttributes{Cluster: "prod", Attributes: onInstance("i1", "rack", "7", "disk", "ssd"), At: 5})
	h.do(structs.PutAttributes{Cluster: "prod", Attributes: onInstance("i1", "rack", "8"), At: 6})
	i := h.snap().Instance("i1")
	if diff := cmp.Diff([]structs.Attribute{{Name: "rack", Value: "8"}, {Name: "disk", Value: "ssd"}}, i.Custom); diff != "" {
		t.Error(diff)
	}
	if i.Version != version+3 {
		t.Errorf("version %d, want one more for each of 3 changes of %d", i.Version, version)
	}
	h.do(structs.RegisterInstance{Instance: instance("i1", "prod")})
	if diff := cmp.Diff(i.Custom, h.snap().Instance("i1").Custom); diff != "" {
		t.Errorf("a registration changed what users put: %s", diff)
	}
	h.do(structs.DeleteAttributes{Cluster: "prod", Attributes: append(onInstance("i1", "rack", "", "none", ""), onInstance("gone", "rack", "")...), At: 7})
	if diff := cmp.Diff([]structs.Attribute{{Name: "disk", Value: "ssd"}}, h.snap().Instance("i1").Custom); diff != "" {
		t.Error(diff)
	}
}

func TestPutAttributesIsAllOrNothing(t *testing.T) {
	h := cluster(t)
	full := []string{}
	for n := range structs.MaxCustomAttributes {
		full = append(full, fmt.Sprint("a", n), "x")
	}
	h.do(structs.PutAttributes{Cluster: "prod", Attributes: onInstance("i1", full...)})
	// no more of them
	h.do(structs.PutAttributes{Cluster: "prod", Attributes: onInstance("i1", "a0", "y")})
	put := func(more ...structs.InstanceAttribute) structs.PutAttributes {
		return structs.PutAttributes{Cluster: "prod", Attributes: append(onInstance("i2", "fits", ""), more...)}
	}
	h.refused(put(onInstance("i1", "a10", "x")...), structs.KindAttributeLimitExceeded, "at most 10")
	h.refused(put(onInstance("gone", "a", "x")...), structs.KindTargetNotFound, "gone")
	h.do(structs.RegisterInstance{Instance: instance("i3", "other")})
	h.refused(put(onInstance("i3", "a", "x")...), structs.KindTargetNotFound, "i3")
}
