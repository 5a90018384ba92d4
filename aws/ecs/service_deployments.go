package ecs

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// The limits of calls on service deployments (ECS).
const (
	maxDescribeDeployments = 20
	deploymentsPage        = 20
)

func (c *call) listServiceDeployments(ctx context.Context, in *ListServiceDeploymentsRequest) (*ListServiceDeploymentsResponse, error) {
	v, cluster, err := c.readCluster(ctx, in.Cluster)
	if err != nil {
		return nil, err
	}
	job, err := c.serviceNamed(v, "service", in.Service, cluster)
	if err != nil {
		return nil, err
	}
	wanted := func(d *serviceDeployment) bool {
		at := in.CreatedAt
		return (len(in.Status) == 0 || slices.Contains(in.Status, d.status())) &&
			(at == nil || (at.After == 0 || d.CreatedAt >= at.After) && (at.Before == 0 || d.CreatedAt <= at.Before))
	}
	all := serviceDeployments(v, job)
	byID := map[string]*serviceDeployment{}
	rows := func(yield func(string, string) bool) {
		for _, d := range all {
			byID[d.ID] = d
			if wanted(d) && !yield(fmt.Sprintf("%010d %s", d.JobVersion, d.ID), d.ID) {
				return
			}
		}
	}
	found, next, err := protocol.Listing[string]{
		Operation: "ListServiceDeployments", Rows: rows, Descending: true, MaxResults: in.MaxResults, Size: deploymentsPage, Token: in.NextToken,
	}.Page()
	out := &ListServiceDeploymentsResponse{NextToken: next}
	for _, id := range found {
		out.ServiceDeployments = append(out.ServiceDeployments, c.deploymentBrief(job, byID[id]))
	}
	return out, err
}

func (c *call) describeServiceDeployments(ctx context.Context, in *DescribeServiceDeploymentsRequest) (*DescribeServiceDeploymentsResponse, error) {
	if err := checkDescribed("serviceDeploymentArns", in.ServiceDeploymentArns); err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := &DescribeServiceDeploymentsResponse{}
	for _, arn := range in.ServiceDeploymentArns {
		d, err := c.arns.parseDeployment(v, "serviceDeploymentArns", arn, kindDeployment)
		if err != nil {
			return nil, err
		}
		if d == nil || d.RollbackOf != "" {
			out.Failures = append(out.Failures, missing(arn))
			continue
		}
		job := v.Job(d.Job)
		for _, shown := range serviceDeployments(v, job) {
			if shown.ID == d.ID {
				out.ServiceDeployments = append(out.ServiceDeployments, c.serviceDeployment(v, job, shown))
			}
		}
	}
	return out, nil
}

func (c *call) describeServiceRevisions(ctx context.Context, in *DescribeServiceRevisionsRequest) (*DescribeServiceRevisionsResponse, error) {
	if err := checkDescribed("serviceRevisionArns", in.ServiceRevisionArns); err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := &DescribeServiceRevisionsResponse{}
	for _, arn := range in.ServiceRevisionArns {
		d, err := c.arns.parseDeployment(v, "serviceRevisionArns", arn, kindRevision)
		if err != nil {
			return nil, err
		}
		if d == nil {
			out.Failures = append(out.Failures, missing(arn))
			continue
		}
		out.ServiceRevisions = append(out.ServiceRevisions, c.serviceRevision(v, d))
	}
	return out, nil
}

func (c *call) stopServiceDeployment(ctx context.Context, in *StopServiceDeploymentRequest) (*StopServiceDeploymentResponse, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	d, err := c.arns.parseDeployment(v, "serviceDeploymentArn", in.ServiceDeploymentArn, kindDeployment)
	if err != nil {
		return nil, err
	}
	id, how := "", structs.StopRollback
	if d != nil {
		id = d.ID
	}
	if in.StopType != "" {
		how = in.StopType
	}
	return &StopServiceDeploymentResponse{ServiceDeploymentArn: in.ServiceDeploymentArn}, c.control.StopDeployment(ctx, id, how)
}

func (c *call) continueServiceDeployment(ctx context.Context, in *ContinueServiceDeploymentRequest) (*ContinueServiceDeploymentResponse, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	d, err := c.arns.parseDeployment(v, "serviceDeploymentArn", in.ServiceDeploymentArn, kindDeployment)
	if err != nil {
		return nil, err
	}
	id := ""
	if d != nil {
		id = d.ID
	}
	err = c.control.ContinueDeployment(ctx, id, in.HookId, cmp.Or(in.Action, structs.HookContinue))
	return &ContinueServiceDeploymentResponse{ServiceDeploymentArn: in.ServiceDeploymentArn}, err
}

func checkDescribed(argument string, arns []string) error {
	switch n := len(arns); {
	case n == 0:
		return structs.Errorf(structs.KindInvalidParameter, "%s cannot be empty.", argument)
	case n > maxDescribeDeployments:
		return tooMany(argument, maxDescribeDeployments)
	}
	return nil
}
