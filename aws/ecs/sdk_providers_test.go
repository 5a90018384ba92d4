package ecs

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
)

// providerActions makes the calls of Terraform's aws_ecs_capacity_provider and
// aws_ecs_cluster_capacity_providers: a provider is created, read, updated, associated,
// disassociated, deleted, and read as gone.
func (w *sdkWalk) providerActions() {
	made, err := w.client.CreateCapacityProvider(w.Context(), &ecs.CreateCapacityProviderInput{
		Name: aws.String("machines"), AutoScalingGroupProvider: &types.AutoScalingGroupProvider{AutoScalingGroupArn: aws.String("group")},
		Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
	})
	w.must(err)
	arn := *made.CapacityProvider.CapacityProviderArn
	read := func() types.CapacityProvider {
		w.Helper()
		out, err := w.client.DescribeCapacityProviders(w.Context(), &ecs.DescribeCapacityProvidersInput{
			CapacityProviders: []string{arn}, Include: []types.CapacityProviderField{types.CapacityProviderFieldTags},
		})
		w.must(err)
		return out.CapacityProviders[0]
	}
	group := read().AutoScalingGroupProvider
	if s := group.ManagedScaling; s.Status != types.ManagedScalingStatusDisabled || *s.TargetCapacity != 100 || *s.MaximumScalingStepSize != 10000 ||
		group.ManagedDraining != types.ManagedDrainingEnabled || len(read().Tags) != 1 {
		w.Errorf("made: %+v %+v", group, s)
	}
	_, err = w.client.UpdateCapacityProvider(w.Context(), &ecs.UpdateCapacityProviderInput{
		Name: aws.String("machines"), AutoScalingGroupProvider: &types.AutoScalingGroupProviderUpdate{ManagedDraining: types.ManagedDrainingDisabled},
	})
	w.must(err)
	if p := read(); p.UpdateStatus != types.CapacityProviderUpdateStatusUpdateComplete || p.AutoScalingGroupProvider.ManagedDraining != types.ManagedDrainingDisabled {
		w.Errorf("updated: %+v", p)
	}
	_, err = w.client.UpdateClusterSettings(w.Context(), &ecs.UpdateClusterSettingsInput{
		Cluster: aws.String("empty"), Settings: []types.ClusterSetting{{Name: types.ClusterSettingNameContainerInsights, Value: aws.String("enabled")}},
	})
	w.must(err)
	_, err = w.client.UpdateCluster(w.Context(), &ecs.UpdateClusterInput{Cluster: aws.String("empty"), Configuration: &types.ClusterConfiguration{}})
	w.must(err)
	associate := func(providers ...string) *types.Cluster {
		w.Helper()
		out, err := w.client.PutClusterCapacityProviders(w.Context(), &ecs.PutClusterCapacityProvidersInput{
			Cluster: aws.String("empty"), CapacityProviders: append([]string{}, providers...), DefaultCapacityProviderStrategy: []types.CapacityProviderStrategyItem{},
		})
		w.must(err)
		return out.Cluster
	}
	if c := associate("FARGATE", arn); len(c.CapacityProviders) != 2 || c.CapacityProviders[1] != "machines" || *c.Settings[0].Value != "enabled" {
		w.Errorf("associated: %+v", c)
	}
	associate()
	_, err = w.client.DeleteCapacityProvider(w.Context(), &ecs.DeleteCapacityProviderInput{CapacityProvider: &arn})
	w.must(err)
	if p := read(); p.Status != types.CapacityProviderStatusInactive {
		w.Errorf("deleted: %+v", p)
	}
}
