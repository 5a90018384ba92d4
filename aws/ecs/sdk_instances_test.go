package ecs

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/aws/smithy-go"
)

// instanceActions calls the operations that change container instances. The instance has tasks, and
// at the end is unchanged.
func (w *sdkWalk) instanceActions() {
	id := w.f.instance.ID
	rack := types.Attribute{Name: aws.String("rack"), Value: aws.String("7"), TargetId: &id, TargetType: types.TargetTypeContainerInstance}
	put, err := w.client.PutAttributes(w.Context(), &ecs.PutAttributesInput{Attributes: []types.Attribute{rack}})
	w.must(err)
	filtered := func(filter string) int {
		w.Helper()
		out, err := w.client.ListContainerInstances(w.Context(), &ecs.ListContainerInstancesInput{Filter: &filter})
		w.must(err)
		return len(out.ContainerInstanceArns)
	}
	if with, without := filtered("attribute:rack == 7 and runningTasksCount > 0"), filtered("attribute:rack == 8"); with != 1 || without != 0 {
		w.Errorf("instances with and without the attribute: %d and %d", with, without)
	}
	var names []string
	pages := ecs.NewListAttributesPaginator(w.client, &ecs.ListAttributesInput{TargetType: types.TargetTypeContainerInstance, MaxResults: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(w.Context())
		w.must(err)
		for _, a := range page.Attributes {
			names = append(names, *a.Name)
			if *a.TargetId != *put.Attributes[0].TargetId {
				w.Errorf("%s is of %s, not of %s", *a.Name, *a.TargetId, *put.Attributes[0].TargetId)
			}
		}
	}
	if len(names) != 5 {
		w.Errorf("attributes: %v", names)
	}
	rack.Value = nil
	deleted, err := w.client.DeleteAttributes(w.Context(), &ecs.DeleteAttributesInput{Attributes: []types.Attribute{rack}})
	w.must(err)
	if len(deleted.Attributes) != 1 || filtered("attribute:rack exists") != 0 {
		w.Errorf("deleted: %v", deleted.Attributes)
	}

	for _, status := range []types.ContainerInstanceStatus{types.ContainerInstanceStatusDraining, types.ContainerInstanceStatusActive} {
		out, err := w.client.UpdateContainerInstancesState(w.Context(), &ecs.UpdateContainerInstancesStateInput{ContainerInstances: []string{id, "nosuch"}, Status: status})
		w.must(err)
		if len(out.ContainerInstances) != 1 || *out.ContainerInstances[0].Status != string(status) || len(out.Failures) != 1 || *out.Failures[0].Reason != "MISSING" {
			w.Errorf("set to %s: %+v", status, out)
		}
	}
	_, err = w.client.DeregisterContainerInstance(w.Context(), &ecs.DeregisterContainerInstanceInput{ContainerInstance: &id})
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != "InvalidParameterException" || refused.ErrorMessage() != "Found running tasks on the instance." {
		w.Errorf("deregistered with tasks on it: %v", err)
	}
}
