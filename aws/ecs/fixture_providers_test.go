package ecs

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// addProviders adds capacity providers: big and small are of cluster empty, spare is of none, and gone has been deleted.
func (f *fixture) addProviders(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	for _, name := range []string{"big", "small", "spare", "gone"} {
		group := &structs.AutoScalingGroupProvider{AutoScalingGroupArn: "group-" + name}
		if _, err := f.Control.CreateCapacityProvider(ctx, name, group, []structs.Tag{{Key: "size", Value: name}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Control.DeleteCapacityProvider(ctx, "gone"); err != nil {
		t.Fatal(err)
	}
	of := structs.ClusterProviders{Providers: []string{"big", "small"}}
	if _, err := f.Control.UpdateCluster(ctx, structs.UpdateCluster{Cluster: "empty", Providers: &of}); err != nil {
		t.Fatal(err)
	}
}
