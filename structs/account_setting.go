package structs

import (
	"slices"
	"strings"
)

// AccountSetting is the value of one ECS account setting for one principal.
type AccountSetting struct {
	// Principal is the resource part of the principal's ARN: PrincipalRoot, user/NAME or role/NAME.
	// The settings of root apply to everyone who has none of their own.
	Principal string `json:"principal" cbor:"1,keyasint"`
	Name      string `json:"name" cbor:"2,keyasint"`
	Value     string `json:"value" cbor:"3,keyasint"`
}

// PrincipalRoot is the principal of the account itself.
const PrincipalRoot = "root"

// The account settings that Gantry acts on.
const (
	SettingContainerInsights    = "containerInsights"
	SettingDefaultLogDriverMode = "defaultLogDriverMode"
)

// settingRule describes one setting as in ECS's developer guide ("Amazon ECS account settings").
type settingRule struct {
	name    string
	values  []string // the allowed ones; the first is the default
	managed bool     // read-only: AWS sets it
	final   bool     // its one value can no longer be turned off
}

// settingRules are keyed by name. Settings for AWS's network cards and Fargate are stored but have
// no effect, because Gantry has neither. ARNs are always long (as in ECS since 2021), and tagging
// at creation always needs ecs:TagResource (as in ECS since 2024).
var settingRules = []settingRule{
	{name: "awsvpcTrunking", values: []string{"disabled", "enabled"}},
	{name: SettingContainerInsights, values: []string{"disabled", "enabled", "enhanced"}},
	{name: "containerInstanceLongArnFormat", values: []string{"enabled"}, final: true},
	{name: SettingDefaultLogDriverMode, values: []string{"non-blocking", "blocking"}},
	{name: "fargateEventWindows", values: []string{"disabled", "enabled"}},
	{name: "fargateFIPSMode", values: []string{"disabled", "enabled"}},
	{name: "fargateTaskRetirementWaitPeriod", values: []string{"7", "0", "14"}},
	{name: "guardDutyActivate", values: []string{"off"}, managed: true},
	{name: "serviceLongArnFormat", values: []string{"enabled"}, final: true},
	{name: "tagResourceAuthorization", values: []string{"on"}, final: true},
	{name: "taskLongArnFormat", values: []string{"enabled"}, final: true},
}

// SettingNames returns the names of all account settings, in order.
func SettingNames() []string {
	names := make([]string, len(settingRules))
	for i, r := range settingRules {
		names[i] = r.name
	}
	return names
}

// DefaultSetting returns the default value of an account setting; empty if there is no such
// setting.
func DefaultSetting(name string) string {
	if r, ok := settingRuleOf(name); ok {
		return r.values[0]
	}
	return ""
}

// ManagedSetting reports whether an account setting is read-only.
func ManagedSetting(name string) bool {
	r, _ := settingRuleOf(name)
	return r.managed
}

// CheckSettingName returns an error for account settings that do not exist or cannot be changed.
func CheckSettingName(name string) *Error {
	switch r, ok := settingRuleOf(name); {
	case !ok:
		return Errorf(KindInvalidParameter, "name: there is no account setting '%s'; there are %s", name, strings.Join(SettingNames(), ", "))
	case r.managed:
		return Errorf(KindInvalidParameter, "The account setting %s is read-only.", name)
	}
	return nil
}

// Validate reports what is wrong with an account setting before it is set. Messages begin as ECS's
// do, because clients match on them.
func (s *AccountSetting) Validate() *Error {
	if err := CheckSettingName(s.Name); err != nil {
		return err
	}
	switch r, _ := settingRuleOf(s.Name); {
	case slices.Contains(r.values, s.Value):
		return nil
	case r.final && strings.HasSuffix(s.Name, "LongArnFormat"):
		return Errorf(KindInvalidParameter, "You can no longer disable Long Arn settings. %s takes %s, not '%s'.", s.Name, r.values[0], s.Value)
	case r.final:
		return Errorf(KindInvalidParameter, "You can no longer disable %s. It takes %s, not '%s'.", s.Name, r.values[0], s.Value)
	default:
		return Errorf(KindInvalidParameter, "Invalid setting 'value'. %s takes %s, not '%s'.", s.Name, strings.Join(r.values, ", "), s.Value)
	}
}

func settingRuleOf(name string) (rule settingRule, ok bool) {
	for _, r := range settingRules {
		if r.name == name {
			return r, true
		}
	}
	return settingRule{}, false
}

// PutAccountSetting sets an account setting of a principal, replacing its earlier value.
type PutAccountSetting struct {
	Setting AccountSetting
}

// CommandType implements Command.
func (PutAccountSetting) CommandType() CommandType { return CmdPutAccountSetting }

// DeleteAccountSetting removes a setting of a principal. It is not an error if there was none.
type DeleteAccountSetting struct {
	Principal string
	Name      string
}

// CommandType implements Command.
func (DeleteAccountSetting) CommandType() CommandType { return CmdDeleteAccountSetting }
