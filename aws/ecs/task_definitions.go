package ecs

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// maxDeleteDefinitions is the most revisions that one DeleteTaskDefinitions call takes (ECS).
const maxDeleteDefinitions = 10

func (c *call) registerTaskDefinition(ctx context.Context, in *RegisterTaskDefinitionRequest) (*RegisterTaskDefinitionResponse, error) {
	if err := protocol.CheckTags("tags", in.Tags); err != nil {
		return nil, err
	}
	for i := range in.ContainerDefinitions {
		if in.ContainerDefinitions[i].Files != nil { // not a member of ECS's
			return nil, structs.Errorf(structs.KindInvalidParameter, "containerDefinitions[%d].files: only job files have it (gantry job run)", i)
		}
	}
	registered, err := c.control.RegisterTaskDefinition(ctx, structs.TaskDefinition{
		Family:                  in.Family,
		ContainerDefinitions:    in.ContainerDefinitions,
		Cpu:                     in.Cpu,
		Memory:                  in.Memory,
		NetworkMode:             in.NetworkMode,
		PidMode:                 in.PidMode,
		IpcMode:                 in.IpcMode,
		Volumes:                 in.Volumes,
		PlacementConstraints:    in.PlacementConstraints,
		RequiresCompatibilities: in.RequiresCompatibilities,
		RuntimePlatform:         in.RuntimePlatform,
		TaskRoleArn:             in.TaskRoleArn,
		ExecutionRoleArn:        in.ExecutionRoleArn,
		ProxyConfiguration:      in.ProxyConfiguration,
		EphemeralStorage:        in.EphemeralStorage,
		InferenceAccelerators:   in.InferenceAccelerators,
		EnableFaultInjection:    in.EnableFaultInjection,

		TrustedExecutionConfiguration: in.TrustedExecutionConfiguration,
	}, in.Tags)
	if err != nil {
		return nil, err
	}
	return &RegisterTaskDefinitionResponse{TaskDefinition: c.definition(registered), Tags: in.Tags}, nil
}

// Tidy drops configurations that are written but empty, as generated definitions have them. They
// ask for nothing, so nothing in them is required.
func (r *RegisterTaskDefinitionRequest) Tidy() {
	for i := range r.ContainerDefinitions {
		c := &r.ContainerDefinitions[i]
		if l := c.LogConfiguration; l != nil && l.LogDriver == "" && len(l.Options) == 0 && len(l.SecretOptions) == 0 {
			c.LogConfiguration = nil
		}
		if f := c.FirelensConfiguration; f != nil && f.Type == "" && len(f.Options) == 0 {
			c.FirelensConfiguration = nil
		}
		if h := c.HealthCheck; h != nil && reflect.ValueOf(*h).IsZero() {
			c.HealthCheck = nil
		}
		if p := c.RepositoryCredentials; p != nil && p.CredentialsParameter == "" {
			c.RepositoryCredentials = nil
		}
	}
	if p := r.ProxyConfiguration; p != nil && reflect.ValueOf(*p).IsZero() {
		r.ProxyConfiguration = nil
	}
}

func (c *call) describeTaskDefinition(ctx context.Context, in *DescribeTaskDefinitionRequest) (*DescribeTaskDefinitionResponse, error) {
	key, err := c.arns.parseDefinition("taskDefinition", in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	found := v.TaskDefinition(key)
	if !strings.Contains(key, ":") {
		found = v.LatestTaskDefinition(key)
	}
	if found == nil {
		return nil, structs.ErrTaskDefinitionNotFound()
	}
	return &DescribeTaskDefinitionResponse{
		TaskDefinition: c.definition(found),
		Tags:           includes(in.Include).tags(v, structs.TaskDefinitionKey(found.Key())),
	}, nil
}

func (c *call) deregisterTaskDefinition(ctx context.Context, in *DeregisterTaskDefinitionRequest) (*DeregisterTaskDefinitionResponse, error) {
	key, err := c.arns.parseDefinition("taskDefinition", in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(key, ":") {
		return nil, structs.Errorf(structs.KindClient, "Revision is missing.")
	}
	deregistered, err := c.control.DeregisterTaskDefinition(ctx, key)
	if err != nil {
		return nil, err
	}
	return &DeregisterTaskDefinitionResponse{TaskDefinition: c.definition(deregistered)}, nil
}

func (c *call) deleteTaskDefinitions(ctx context.Context, in *DeleteTaskDefinitionsRequest) (*DeleteTaskDefinitionsResponse, error) {
	switch n := len(in.TaskDefinitions); {
	case n == 0:
		return nil, structs.Errorf(structs.KindInvalidParameter, "taskDefinitions cannot be empty.")
	case n > maxDeleteDefinitions:
		return nil, tooMany("taskDefinitions", maxDeleteDefinitions)
	}
	keys := make([]string, len(in.TaskDefinitions))
	for i, text := range in.TaskDefinitions {
		keys[i] = text // control answers a text that is no identifier with a failure
		if key, err := c.arns.parseDefinition("taskDefinitions", text); err == nil {
			keys[i] = key
		}
	}
	deleted, failures, err := c.control.DeleteTaskDefinitions(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := &DeleteTaskDefinitionsResponse{}
	for _, d := range deleted {
		out.TaskDefinitions = append(out.TaskDefinitions, *c.definition(d))
	}
	for _, f := range failures {
		arn := f.Key
		if _, _, ok := structs.SplitDefinitionKey(f.Key); ok {
			arn = c.arns.definition(f.Key)
		}
		out.Failures = append(out.Failures, Failure{Arn: arn, Reason: f.Reason})
	}
	return out, nil
}

func (c *call) listTaskDefinitions(ctx context.Context, in *ListTaskDefinitionsRequest) (*ListTaskDefinitionsResponse, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	all := v.TaskDefinitions()
	if in.FamilyPrefix != "" { // despite its name a whole family, as in ECS
		all = v.FamilyTaskDefinitions(in.FamilyPrefix)
	}
	var listed []*structs.TaskDefinition
	for d := range all {
		if wanted := in.Status; d.Status == wanted || wanted == "" && d.Status == structs.DefinitionActive {
			listed = append(listed, d)
		}
	}
	descending := in.Sort == "DESC"
	if descending {
		slices.Reverse(listed)
	}
	rows := func(yield func(string, string) bool) {
		for _, d := range listed {
			// A blank sorts before every character of a family, and ten digits are enough for every
			// revision.
			if !yield(fmt.Sprintf("%s %010d", d.Family, d.Revision), c.arns.definition(d.Key())) {
				return
			}
		}
	}
	found, next, err := protocol.Listing[string]{
		Operation: "ListTaskDefinitions", Rows: rows, Descending: descending, MaxResults: in.MaxResults, Token: in.NextToken,
	}.Page()
	return &ListTaskDefinitionsResponse{TaskDefinitionArns: found, NextToken: next}, err
}

func (c *call) listTaskDefinitionFamilies(ctx context.Context, in *ListTaskDefinitionFamiliesRequest) (*ListTaskDefinitionFamiliesResponse, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	active := map[string]bool{} // by family: whether it has an ACTIVE revision
	var families []string       // in order
	for d := range v.TaskDefinitions() {
		if _, seen := active[d.Family]; !seen {
			families = append(families, d.Family)
		}
		active[d.Family] = active[d.Family] || d.Status == structs.DefinitionActive
	}
	rows := func(yield func(string, string) bool) {
		for _, f := range families {
			hidden := in.Status == structs.DefinitionActive && !active[f] || in.Status == structs.DefinitionInactive && active[f]
			if strings.HasPrefix(f, in.FamilyPrefix) && !hidden && !yield(f, f) {
				return
			}
		}
	}
	found, next, err := protocol.Listing[string]{Operation: "ListTaskDefinitionFamilies", Rows: rows, MaxResults: in.MaxResults, Token: in.NextToken}.Page()
	return &ListTaskDefinitionFamiliesResponse{Families: found, NextToken: next}, err
}

// definition shows a revision, without the files of a job file, which ECS does not have.
func (c *call) definition(d *structs.TaskDefinition) *structs.TaskDefinition {
	out := *d.WithFiles(func(*structs.ContainerDefinition) []structs.ConfigFile { return nil })
	out.TaskDefinitionArn, out.RegisteredBy = c.arns.definition(d.Key()), c.arns.Principal(d.RegisteredBy)
	return &out
}
