package ecs

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
)

// testInstanceActions calls what changes container instances; the instance has tasks, and at the
// end is as it was.
func testInstanceActions(t *testing.T, client *ecs.Client, id string) {
	t.Helper()
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	rack := types.Attribute{Name: aws.String("rack"), Value: aws.String("7"), TargetId: &id, TargetType: types.TargetTypeContainerInstance}
	put, err := client.PutAttributes(ctx, &ecs.PutAttributesInput{Attributes: []types.Attribute{rack}})
	must(err)
	filtered := func(filter string) int {
		t.Helper()
		out, err := client.ListContainerInstances(ctx, &ecs.ListContainerInstancesInput{Filter: &filter})
		must(err)
		return len(out.ContainerInstanceArns)
	}
	if with, without := filtered("attribute:rack == 7 and runningTasksCount > 0"), filtered("attribute:rack == 8"); with != 1 || without != 0 {
		t.Errorf("instances with and without the attribute: %d and %d", with, without)
	}
	var names []string
	pages := ecs.NewListAttributesPaginator(client, &ecs.ListAttributesInput{TargetType: types.TargetTypeContainerInstance, MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		must(err)
		for _, a := range page.Attributes {
			names = append(names, *a.Name)
			if *a.TargetId != *put.Attributes[0].TargetId {
				t.Errorf("%s is of %s, not of %s", *a.Name, *a.TargetId, *put.Attributes[0].TargetId)
			}
		}
	}
	if len(names) != 5 {
		t.Errorf("attributes: %v", names)
	}
	rack.Value = nil
	deleted, err := client.DeleteAttributes(ctx, &ecs.DeleteAttributesInput{Attributes: []types.Attribute{rack}})
	must(err)
	if len(deleted.Attributes) != 1 || filtered("attribute:rack exists") != 0 {
		t.Errorf("deleted: %v", deleted.Attributes)
	}

	for _, status := range []types.ContainerInstanceStatus{types.ContainerInstanceStatusDraining, types.ContainerInstanceStatusActive} {
		out, err := client.UpdateContainerInstancesState(ctx, &ecs.UpdateContainerInstancesStateInput{ContainerInstances: []string{id, "nosuch"}, Status: status})
		must(err)
		if len(out.ContainerInstances) != 1 || *out.ContainerInstances[0].Status != string(status) || len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" {
			t.Errorf("set to %s: %+v", status, out)
		}
	}
	_, err = client.DeregisterContainerInstance(ctx, &ecs.DeregisterContainerInstanceInput{ContainerInstance: &id})
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != "InvalidParameterException" || refused.ErrorMessage() != "Found running tasks on the instance." {
		t.Errorf("deregistered with tasks on it: %v", err)
	}
}
