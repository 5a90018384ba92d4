package logs

import (
	"context"
	"iter"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/structs"
)

// pageSize is the number of log groups or streams on a page, at most and by default (CloudWatch
// Logs).
const pageSize = 50

func (c *call) createLogGroup(ctx context.Context, in *CreateLogGroupRequest) (*struct{}, error) {
	switch {
	case in.KmsKeyId != "":
		return nil, invalid("kmsKeyId: instances keep logs as they are, without encryption; leave it out, and encrypt their disks")
	case deref(in.DeletionProtectionEnabled):
		return nil, invalid("deletionProtectionEnabled: log groups cannot be protected; deny logs:DeleteLogGroup in policies instead")
	case in.LogGroupClass == "DELIVERY":
		return nil, invalid("logGroupClass: DELIVERY is for logs that go elsewhere; use STANDARD")
	}
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	return &struct{}{}, c.control.CreateLogGroup(ctx, in.LogGroupName, in.LogGroupClass, tags)
}

func (c *call) deleteLogGroup(ctx context.Context, in *DeleteLogGroupRequest) (*struct{}, error) {
	return &struct{}{}, c.control.DeleteLogGroup(ctx, in.LogGroupName)
}

func (c *call) putRetentionPolicy(ctx context.Context, in *PutRetentionPolicyRequest) (*struct{}, error) {
	if deref(in.RetentionInDays) == 0 {
		return nil, structs.CheckLogRetention(0)
	}
	return &struct{}{}, c.control.SetLogRetention(ctx, in.LogGroupName, *in.RetentionInDays)
}

func (c *call) deleteRetentionPolicy(ctx context.Context, in *DeleteRetentionPolicyRequest) (*struct{}, error) {
	return &struct{}{}, c.control.SetLogRetention(ctx, in.LogGroupName, 0)
}

func (c *call) describeLogGroups(ctx context.Context, in *DescribeLogGroupsRequest) (*DescribeLogGroupsResponse, error) {
	if in.LogGroupNamePrefix != "" && in.LogGroupNamePattern != "" {
		return nil, invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	for _, account := range in.AccountIdentifiers {
		if account != c.arns.Account {
			return nil, protocol.OtherAccount("accountIdentifiers", account, account, c.arns.Account)
		}
	}
	var named []string
	for _, text := range in.LogGroupIdentifiers {
		name, err := c.arns.groupOf("logGroupIdentifiers", text)
		if err != nil {
			return nil, err
		}
		named = append(named, name)
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	wanted := func(g *structs.LogGroup) bool {
		return strings.HasPrefix(g.Name, in.LogGroupNamePrefix) && strings.Contains(g.Name, in.LogGroupNamePattern) &&
			(in.LogGroupClass == "" || in.LogGroupClass == class(g)) && (len(named) == 0 || slices.Contains(named, g.Name))
	}
	groups, next, err := protocol.Listing[*structs.LogGroup]{
		Operation: "DescribeLogGroups", Rows: byName(v.LogGroups(), wanted), MaxResults: in.Limit, Most: pageSize, Token: in.NextToken,
	}.Page()
	if err != nil {
		return nil, err
	}
	out := &DescribeLogGroupsResponse{NextToken: next}
	for _, g := range groups {
		out.LogGroups = append(out.LogGroups, c.renderGroup(g))
	}
	return out, nil
}

// byName returns the wanted groups by their names.
func byName(groups iter.Seq[*structs.LogGroup], wanted func(*structs.LogGroup) bool) iter.Seq2[string, *structs.LogGroup] {
	return func(yield func(string, *structs.LogGroup) bool) {
		for g := range groups {
			if wanted(g) && !yield(g.Name, g) {
				return
			}
		}
	}
}

func class(g *structs.LogGroup) string {
	if g.Class == "" {
		return structs.LogGroupStandard
	}
	return g.Class
}

// renderGroup shows a log group. What it stores is on many instances and not counted: it is zero,
// as in CloudWatch Logs for a new one.
func (c *call) renderGroup(g *structs.LogGroup) LogGroup {
	out := LogGroup{
		LogGroupName: g.Name, Arn: c.arns.group(g.Name) + ":*", LogGroupArn: c.arns.group(g.Name), LogGroupClass: class(g),
		CreationTime: millis(g.CreatedAt), MetricFilterCount: new(int32(0)), StoredBytes: new(int64(0)),
	}
	if g.RetentionDays > 0 {
		out.RetentionInDays = &g.RetentionDays
	}
	return out
}
