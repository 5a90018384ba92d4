package logs

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

func TestGroups(t *testing.T) {
	a := newAPI(t)
	a.call("CreateLogGroup", `{"logGroupName": "/ecs/web", "tags": {"team": "a"}}`)
	a.refused("ResourceAlreadyExistsException", "The specified log group already exists", "CreateLogGroup", `{"logGroupName": "/ecs/web"}`)
	a.refused("InvalidParameterException", "logGroupName", "CreateLogGroup", `{"logGroupName": "/ecs/w*b"}`)
	a.refused("InvalidParameterException", "kmsKeyId", "CreateLogGroup", `{"logGroupName": "/ecs/w", "kmsKeyId": "k"}`)
	a.refused("InvalidParameterException", "deletionProtectionEnabled", "CreateLogGroup", `{"logGroupName": "/ecs/w", "deletionProtectionEnabled": true}`)

	out := a.call("DescribeLogGroups", `{"logGroupNamePrefix": "/ecs/"}`)
	const arn = "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/web"
	if g := out.LogGroups[0]; len(out.LogGroups) != 1 || g.LogGroupName != "/ecs/web" || g.Arn != arn+":*" || g.LogGroupArn != arn || g.RetentionInDays != nil || *g.CreationTime == 0 {
		t.Errorf("described as %+v", out.LogGroups)
	}

	a.call("PutRetentionPolicy", `{"logGroupName": "/ecs/web", "retentionInDays": 14}`)
	if g := a.call("DescribeLogGroups", `{}`).LogGroups[0]; *g.RetentionInDays != 14 {
		t.Errorf("retention: %+v", g)
	}
	a.refused("InvalidParameterException", "15 is not one of 1, 3, 5", "PutRetentionPolicy", `{"logGroupName": "/ecs/web", "retentionInDays": 15}`)
	a.refused("InvalidParameterException", "retentionInDays", "PutRetentionPolicy", `{"logGroupName": "/ecs/web", "retentionInDays": 0}`)
	a.refused("ResourceNotFoundException", "The specified log group does not exist.", "PutRetentionPolicy", `{"logGroupName": "/none", "retentionInDays": 14}`)
	a.call("DeleteRetentionPolicy", `{"logGroupName": "/ecs/web"}`)
	if g := a.call("DescribeLogGroups", `{}`).LogGroups[0]; g.RetentionInDays != nil {
		t.Errorf("retention: %+v", g)
	}

	tags := func(want map[string]string) {
		t.Helper()
		for _, got := range []answer{
			a.call("ListTagsForResource", `{"resourceArn": %q}`, arn),
			a.call("ListTagsLogGroup", `{"logGroupName": "/ecs/web"}`),
		} {
			if !reflect.DeepEqual(got.Tags, want) {
				t.Errorf("tags %v, want %v", got.Tags, want)
			}
		}
	}
	tags(map[string]string{"team": "a"})
	a.call("TagResource", `{"resourceArn": %q, "tags": {"team": "b", "x": "1"}}`, arn)
	a.call("TagLogGroup", `{"logGroupName": "/ecs/web", "tags": {"y": "2"}}`)
	tags(map[string]string{"team": "b", "x": "1", "y": "2"})
	a.call("UntagResource", `{"resourceArn": %q, "tagKeys": ["team"]}`, arn)
	a.call("UntagLogGroup", `{"logGroupName": "/ecs/web", "tags": ["x", "y"]}`)
	tags(map[string]string{})
	a.refused("InvalidParameterException", "is not the ARN of a log group", "TagResource", `{"resourceArn": "arn:aws:logs:us-east-1:000000000000:destination:d", "tags": {"a": "b"}}`)

	a.call("DeleteLogGroup", `{"logGroupName": "/ecs/web"}`)
	a.refused("ResourceNotFoundException", "The specified log group does not exist.", "DeleteLogGroup", `{"logGroupName": "/ecs/web"}`)
	if out := a.call("DescribeLogGroups", `{}`); out.LogGroups == nil || len(out.LogGroups) > 0 {
		t.Errorf("a deleted group is described: %+v", out)
	}
}

func TestDescribeLogGroupsPages(t *testing.T) {
	a := newAPI(t)
	for i := range 60 {
		a.call("CreateLogGroup", `{"logGroupName": "/g/%03d"}`, i)
	}
	first := a.call("DescribeLogGroups", `{}`)
	rest := a.call("DescribeLogGroups", `{"nextToken": %q}`, first.NextToken)
	if len(first.LogGroups) != 50 || len(rest.LogGroups) != 10 || rest.LogGroups[0].LogGroupName != "/g/050" || rest.NextToken != "" {
		t.Errorf("%d and %d groups", len(first.LogGroups), len(rest.LogGroups))
	}
	if out := a.call("DescribeLogGroups", `{"logGroupNamePattern": "/05"}`); len(out.LogGroups) != 10 {
		t.Errorf("a pattern finds %d", len(out.LogGroups))
	}
	if out := a.call("DescribeLogGroups", `{"logGroupIdentifiers": ["/g/001", "arn:aws:logs:us-east-1:000000000000:log-group:/g/002"]}`); len(out.LogGroups) != 2 {
		t.Errorf("two identifiers find %d", len(out.LogGroups))
	}
	a.refused("InvalidParameterException", "mutually exclusive", "DescribeLogGroups", `{"logGroupNamePattern": "a", "logGroupNamePrefix": "a"}`)
	a.refused("InvalidParameterException", "limit", "DescribeLogGroups", `{"limit": 51}`)
	a.refused("InvalidParameterException", "nextToken", "DescribeLogGroups", `{"nextToken": "x"}`)
}

// A policy bounds a caller to groups, in the form that people write for CloudWatch Logs.
func TestPolicies(t *testing.T) {
	a := newAPI(t)
	a.oldGroup("/ecs/web")
	a.call("TagLogGroup", `{"logGroupName": "/ecs/web", "tags": {"team": "a"}}`)
	a.call("CreateLogGroup", `{"logGroupName": "/ecs/db"}`)
	a.write("/ecs/web", "s", map[int]string{1: "line"})
	as := func(statement string) {
		policy, err := structs.ParsePolicy(`{"Version": "2012-10-17", "Statement": ` + statement + `}`)
		if err != nil {
			t.Fatal(err)
		}
		a.caller = &control.Caller{ARN: "arn:aws:iam::000000000000:user/u", Key: "AKIA1", Policy: &policy}
	}
	as(`{"Effect": "Allow", "Action": ["logs:FilterLogEvents", "logs:GetLogEvents"], "Resource": "arn:aws:logs:*:*:log-group:/ecs/web:*"}`)
	a.call("FilterLogEvents", `{"logGroupName": "/ecs/web"}`)
	a.call("GetLogEvents", `{"logGroupIdentifier": "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/web", "logStreamName": "s"}`)
	const denied = "AccessDeniedException"
	a.refused(denied, "not authorized to perform: logs:FilterLogEvents on resource: arn:aws:logs:us-east-1:000000000000:log-group:/ecs/db:log-stream:", "FilterLogEvents", `{"logGroupName": "/ecs/db"}`)
	a.refused(denied, "logs:DeleteLogGroup", "DeleteLogGroup", `{"logGroupName": "/ecs/web"}`)
	as(`{"Effect": "Allow", "Action": "logs:*", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "a"}}}`)
	a.call("FilterLogEvents", `{"logGroupName": "/ecs/web"}`)
	a.refused(denied, "logs:FilterLogEvents", "FilterLogEvents", `{"logGroupName": "/ecs/db"}`)
	as(`{"Effect": "Allow", "Action": "logs:CreateLogGroup", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestTag/team": "a"}}}`)
	a.call("CreateLogGroup", `{"logGroupName": "/new", "tags": {"team": "a"}}`)
	a.refused(denied, "logs:CreateLogGroup", "CreateLogGroup", `{"logGroupName": "/new2"}`)
	if fmt.Sprint(a.caller.Resources) != "[arn:aws:logs:us-east-1:000000000000:log-group:/new2:log-stream:]" || !strings.HasPrefix(a.caller.Action, "logs:") {
		t.Errorf("the audit log gets %s on %v", a.caller.Action, a.caller.Resources)
	}
}
