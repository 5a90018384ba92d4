package ecs

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// testProviderActions goes the way of Terraform's aws_ecs_capacity_provider and
// aws_ecs_cluster_capacity_providers: made, read, changed, associated, taken away, deleted, and
// read as gone.
func testProviderActions(t *testing.T, client *ecs.Client) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	made, err := client.CreateCapacityProvider(ctx, &ecs.CreateCapacityProviderInput{
		Name: aws.String("machines"), AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String("group")},
		Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
	})
	must(err)
	arn := *made.CapacityProvider.CapacityProviderArn
	read := func() types.CapacityProvider {
		t.Helper()
		out, err := client.DescribeCapacityProviders(ctx, &ecs.DescribeCapacityProvidersInput{
			CapacityProviders: []string{arn}, Include: []types.CapacityProviderField{types.CapacityProviderFieldTags},
		})
		must(err)
		return out.CapacityProviders[0]
	}
	group := read().AutoScalingGroupProvider
	if s := group.ManagedScaling; s.Status != types.ManagedScalingStatusDisabled || *s.TargetCapacity != 100 || *s.MaximumScalingStepSize != 10000 ||
		group.ManagedDraining != types.ManagedDrainingEnabled || len(read().Tags) != 1 {
		t.Errorf("made: %+v %+v", group, s)
	}
	_, err = client.UpdateCapacityProvider(ctx, &ecs.UpdateCapacityProviderInput{
		Name: aws.String("machines"), AutoScalingGroupProvider: &types.AutoScalingGroupProviderUpdate{ManagedDraining: types.ManagedDrainingDisabled},
	})
	must(err)
	if p := read(); p.UpdateStatus != types.CapacityProviderUpdateStatusUpdateComplete || p.AutoScalingGroupProvider.ManagedDraining != types.ManagedDrainingDisabled {
		t.Errorf("updated: %+v", p)
	}
	_, err = client.UpdateClusterSettings(ctx, &ecs.UpdateClusterSettingsInput{
		Cluster: aws.String("empty"), Settings: []types.ClusterSetting{{Name: types.ClusterSettingNameContainerInsights, Value: aws.String("enabled")}},
	})
	must(err)
	_, err = client.UpdateCluster(ctx, &ecs.UpdateClusterInput{Cluster: aws.String("empty"), Configuration: &types.ClusterConfiguration{}})
	must(err)
	associate := func(providers ...string) *types.Cluster {
		t.Helper()
		out, err := client.PutClusterCapacityProviders(ctx, &ecs.PutClusterCapacityProvidersInput{
			Cluster: aws.String("empty"), CapacityProviders: append([]string{}, providers...), DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{},
		})
		must(err)
		return out.Cluster
	}
	if c := associate("FARGATE", arn); len(c.CapacityProviders) != 2 || c.CapacityProviders[1] != "machines" || *c.Settings[0].Value != "enabled" {
		t.Errorf("associated: %+v", c)
	}
	associate()
	_, err = client.DeleteCapacityProvider(ctx, &ecs.DeleteCapacityProviderInput{CapacityProvider: &arn})
	must(err)
	if p := read(); p.Status != types.CapacityProviderStatusInactive {
		t.Errorf("deleted: %+v", p)
	}
}
