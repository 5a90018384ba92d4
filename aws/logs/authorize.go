package logs

import (
	"cmp"
	"context"
	"reflect"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// authorize asks whether the caller may carry out an action on the log group or stream that its
// request names. The ARN is the one that CloudWatch Logs asks about: that of a stream whose name is
// empty if the action is on the group, so policies end in ":*".
func (c *call) authorize(ctx context.Context, r *protocol.Request, in any) error {
	if control.CallerOf(ctx) == nil {
		return nil
	}
	of := reflect.ValueOf(in).Elem()
	text := func(member string) string {
		if f := of.FieldByName(member); f.IsValid() && f.Kind() == reflect.String {
			return f.String()
		}
		return ""
	}
	name, err := c.arns.groupOf("logGroupIdentifier", cmp.Or(text("LogGroupName"), text("LogGroupIdentifier")))
	if err != nil {
		return err
	}
	arn := c.arns.stream(name, text("LogStreamName"))
	if resource := text("ResourceArn"); resource != "" {
		if name, err = c.arns.groupOf("resourceArn", resource); err != nil {
			return err
		}
		arn = c.arns.group(name)
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return err
	}
	keys := structs.PolicyKeys{}
	keys.Set("aws:RequestedRegion", c.arns.Region)
	for _, t := range v.Tags(structs.LogGroupKey(name)) {
		keys.Set(structs.KeyResourceTag+t.Key, t.Value)
	}
	for key, value := range requestTags(in) {
		keys.Set("aws:TagKeys", key)
		if !strings.HasPrefix(r.Operation, "Untag") {
			keys.Set(structs.KeyRequestTag+key, value)
		}
	}
	return control.Authorize(ctx, r.Action(), control.Resource{ARN: arn, Keys: keys})
}

// requestTags returns the tags in a request, or the keys of those to be removed.
func requestTags(in any) map[string]string {
	var keys []string
	switch in := in.(type) {
	case *CreateLogGroupRequest:
		return in.Tags
	case *TagResourceRequest:
		return in.Tags
	case *TagLogGroupRequest:
		return in.Tags
	case *UntagResourceRequest:
		keys = in.TagKeys
	case *UntagLogGroupRequest:
		keys = in.Tags
	}
	out := map[string]string{}
	for _, key := range keys {
		out[key] = ""
	}
	return out
}
