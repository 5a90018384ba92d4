package ecs

import (
	"context"
	"strings"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// maxSettings is the most account settings on one page, and the number if the caller gives none
// (ECS).
const maxSettings = 10

func (c *call) putAccountSetting(ctx context.Context, in *PutAccountSettingRequest) (*PutAccountSettingResponse, error) {
	principal, err := c.principalToChange(ctx, in.PrincipalArn, in.Name)
	if err != nil {
		return nil, err
	}
	set := structs.AccountSetting{Principal: principal, Name: in.Name, Value: in.Value}
	return &PutAccountSettingResponse{Setting: c.setting(&set)}, c.control.PutAccountSetting(ctx, set)
}

func (c *call) putAccountSettingDefault(ctx context.Context, in *PutAccountSettingDefaultRequest) (*PutAccountSettingDefaultResponse, error) {
	set := structs.AccountSetting{Principal: structs.PrincipalRoot, Name: in.Name, Value: in.Value}
	return &PutAccountSettingDefaultResponse{Setting: c.setting(&set)}, c.control.PutAccountSetting(ctx, set)
}

func (c *call) deleteAccountSetting(ctx context.Context, in *DeleteAccountSettingRequest) (*DeleteAccountSettingResponse, error) {
	principal, err := c.principalToChange(ctx, in.PrincipalArn, in.Name)
	if err != nil {
		return nil, err
	}
	deleted, err := c.control.DeleteAccountSetting(ctx, principal, in.Name)
	return &DeleteAccountSettingResponse{Setting: c.setting(&deleted)}, err
}

func (c *call) listAccountSettings(ctx context.Context, in *ListAccountSettingsRequest) (*ListAccountSettingsResponse, error) {
	if in.Value != "" && in.Name == "" {
		return nil, structs.Errorf(structs.KindInvalidParameter, "value can only be given with name.")
	}
	principal, err := c.principal(ctx, in.PrincipalArn)
	if err != nil {
		return nil, err
	}
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, err
	}
	get := v.AccountSetting
	if in.EffectiveSettings {
		get = v.EffectiveSetting
	}
	rows := func(yield func(string, string) bool) {
		for _, name := range structs.SettingNames() {
			row := get(principal, name)
			if row == nil || in.Name != "" && name != in.Name || in.Value != "" && row.Value != in.Value {
				continue
			}
			if !yield(name, name) {
				return
			}
		}
	}
	list := protocol.Listing[string]{Operation: "ListAccountSettings", Rows: rows, Most: maxSettings, Token: in.NextToken}
	if in.MaxResults != 0 {
		list.MaxResults = &in.MaxResults
	}
	names, next, err := list.Page()
	out := &ListAccountSettingsResponse{Settings: []Setting{}, NextToken: next}
	for _, name := range names {
		out.Settings = append(out.Settings, *c.setting(get(principal, name)))
	}
	return out, err
}

// principal returns whose setting a call is about: the caller's own, or that of an IAM ARN, which
// must belong to the account.
func (c *call) principal(ctx context.Context, arn string) (string, error) {
	if arn == "" {
		return control.PrincipalOf(ctx), nil
	}
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) == 6 && parts[0] == "arn" && parts[2] == "iam" {
		if parts[4] != c.arns.Account {
			return "", protocol.OtherAccount("principalArn", arn, parts[4], c.arns.Account)
		}
		kind, name, named := strings.Cut(parts[5], "/")
		if parts[5] == structs.PrincipalRoot || named && name != "" && (kind == "user" || kind == "role") {
			return parts[5], nil
		}
	}
	return "", structs.Errorf(structs.KindInvalidParameter,
		"principalArn: '%s' is not the ARN of a user, a role or the root user; one looks like arn:aws:iam::ACCOUNT:user/NAME or arn:aws:iam::ACCOUNT:root", arn)
}

// principalToChange is principal for a call that changes the setting. A caller may change its own
// with the action alone, and everyone's or another's only if it may set the default. (In AWS only
// the root user may change another's settings; there is no root user here.)
func (c *call) principalToChange(ctx context.Context, arn, setting string) (string, error) {
	of, err := c.principal(ctx, arn)
	if err != nil {
		return "", err
	}
	if of != control.PrincipalOf(ctx) {
		keys := structs.PolicyKeys{}
		keys.Set("ecs:account-setting", setting)
		keys.Set("aws:RequestedRegion", c.arns.Region)
		err = control.AuthorizeAlso(ctx, "ecs:PutAccountSettingDefault", control.Resource{ARN: structs.AnyResource, Keys: keys})
	}
	return of, err
}

func (c *call) setting(s *structs.AccountSetting) *Setting {
	kind := "user"
	if structs.ManagedSetting(s.Name) {
		kind = "aws_managed"
	}
	return &Setting{Name: s.Name, Value: s.Value, PrincipalArn: "arn:aws:iam::" + c.arns.Account + ":" + s.Principal, Type: kind}
}
