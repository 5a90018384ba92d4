package fsm

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// accountSettingSamples are the samples about account settings.
func accountSettingSamples() map[string]structs.Command {
	return map[string]structs.Command{
		"put_account_setting": structs.PutAccountSetting{
			Setting: structs.AccountSetting{Principal: "user/ci", Name: structs.SettingContainerInsights, Value: "enhanced"},
		},
		"report_tasks_partial": structs.ReportTasks{
			Instance: "0123456789abcdef0123456789abcdef", At: 1_700_000_000_130,
			Updates: []structs.TaskUpdate{partial(structs.TaskRunning, structs.Container{Name: "app", LastStatus: structs.TaskRunning, RuntimeID: "r"})},
		},
		"delete_account_setting": structs.DeleteAccountSetting{Principal: "user/ci", Name: structs.SettingContainerInsights},
	}
}

// A principal's own setting applies first, then root's, then the default.
func TestAccountSettings(t *testing.T) {
	h := newHarness(t)
	effective := func(want, of string) {
		t.Helper()
		if s := h.snap().EffectiveSetting("user/ci", structs.SettingContainerInsights); s.Value != want || s.Principal != of {
			t.Errorf("%+v, want %s of %s", s, want, of)
		}
	}
	put := func(principal, value string) {
		h.do(structs.PutAccountSetting{Setting: structs.AccountSetting{Principal: principal, Name: structs.SettingContainerInsights, Value: value}})
	}
	forget := func(principal string) {
		h.do(structs.DeleteAccountSetting{Principal: principal, Name: structs.SettingContainerInsights})
	}
	effective("disabled", structs.PrincipalRoot)
	put(structs.PrincipalRoot, "enabled")
	effective("enabled", structs.PrincipalRoot)
	put("user/other", "disabled")
	effective("enabled", structs.PrincipalRoot)
	put("user/ci", "enhanced")
	effective("enhanced", "user/ci")
	put("user/ci", "disabled")
	effective("disabled", "user/ci")
	forget("user/ci")
	forget("user/ci")
	effective("enabled", structs.PrincipalRoot)
	forget(structs.PrincipalRoot)
	effective("disabled", structs.PrincipalRoot)
}
