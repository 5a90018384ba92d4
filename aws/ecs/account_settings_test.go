package ecs

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/gantry-project/gantry/structs"
)

// addSettings adds settings of root and of one user.
func (f *fixture) addSettings(t *testing.T) {
	t.Helper()
	for _, s := range []structs.AccountSetting{
		{Principal: structs.PrincipalRoot, Name: "fargateTaskRetirementWaitPeriod", Value: "14"},
		{Principal: structs.PrincipalRoot, Name: structs.SettingContainerInsights, Value: "enabled"},
		{Principal: "user/ci", Name: structs.SettingContainerInsights, Value: "enhanced"},
	} {
		f.MustApply(t, structs.PutAccountSetting{Setting: s})
	}
}

// settingActions calls the operations on account settings. At the end none is set.
func (w *sdkWalk) settingActions() {
	_, err := w.client.PutAccountSettingDefault(w.Context(), &ecs.PutAccountSettingDefaultInput{Name: types.SettingNameContainerInsights, Value: aws.String("enabled")})
	w.must(err)
	put, err := w.client.PutAccountSetting(w.Context(), &ecs.PutAccountSettingInput{Name: types.SettingNameContainerInsights, Value: aws.String("enhanced")})
	w.must(err)
	if got := *put.Setting.PrincipalArn; got != "arn:aws:iam::000000000000:root" {
		w.Errorf("the setting of a caller who is nobody in particular is %s's", got)
	}
	var names []string
	pages := ecs.NewListAccountSettingsPaginator(w.client, &ecs.ListAccountSettingsInput{EffectiveSettings: true})
	for pages.HasMorePages() {
		page, err := pages.NextPage(w.Context())
		w.must(err)
		for _, s := range page.Settings {
			names = append(names, string(s.Name))
		}
	}
	var all []string
	for _, n := range types.SettingName("").Values() {
		all = append(all, string(n))
	}
	slices.Sort(all)
	if !slices.Equal(names, all) {
		w.Errorf("effective settings %q, want all of the API: %q", names, all)
	}
	deleted, err := w.client.DeleteAccountSetting(w.Context(), &ecs.DeleteAccountSettingInput{Name: types.SettingNameContainerInsights})
	w.must(err)
	left, err := w.client.ListAccountSettings(w.Context(), &ecs.ListAccountSettingsInput{})
	w.must(err)
	if *deleted.Setting.Value != "enhanced" || len(left.Settings) != 0 {
		w.Errorf("deleted %q, and %d are left", *deleted.Setting.Value, len(left.Settings))
	}
}

const (
	allowPut = `{"Statement":[{"Effect":"Allow","Action":["ecs:PutAccountSetting","ecs:DeleteAccountSetting","ecs:List*","ecs:CreateCluster"],"Resource":"*"}]}`
	allowAll = `{"Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*"}]}`
)

// A user may change its own settings, and those of others or of everyone only if it may set the
// default.
func TestWhoseSettings(t *testing.T) {
	f := newFixture(t)
	door := f.door(t)
	put := func(policy, principal string) string {
		t.Helper()
		return askAs(t, door, policy, "PutAccountSetting", fmt.Sprintf(`{"name":"containerInsights","value":"enhanced","principalArn":%q}`, principal))
	}
	for _, principal := range []string{"", "arn:aws:iam::000000000000:user/ci"} {
		if got := put(allowPut, principal); !strings.Contains(got, `"principalArn":"arn:aws:iam::000000000000:user/ci"`) {
			t.Errorf("its own setting, as %q: %s", principal, got)
		}
	}
	for _, principal := range []string{"arn:aws:iam::000000000000:user/other", "arn:aws:iam::000000000000:root", "arn:aws:iam::000000000000:role/a/b"} {
		if got := put(allowPut, principal); !strings.Contains(got, "not authorized to perform: ecs:PutAccountSettingDefault") {
			t.Errorf("%s's setting: %s", principal, got)
		}
		if got := put(allowAll, principal); !strings.Contains(got, fmt.Sprintf(`"principalArn":%q`, principal)) {
			t.Errorf("%s's setting, of who may do all: %s", principal, got)
		}
	}
}

// A new cluster has the setting of its creator, unless it is given one.
func TestContainerInsightsOfNewClusters(t *testing.T) {
	f := newFixture(t)
	f.addSettings(t)
	door := f.door(t)
	for body, want := range map[string]string{
		`{"clusterName":"a"}`: "enhanced",
		`{"clusterName":"b","settings":[{"name":"containerInsights","value":"disabled"}]}`: "disabled",
	} {
		if got := askAs(t, door, allowPut, "CreateCluster", body); !strings.Contains(got, `"value":"`+want+`"`) {
			t.Errorf("%s: %s\nwant %s", body, got, want)
		}
	}
	if got := ask(t, door, "CreateCluster", `{"clusterName":"c"}`).Body.String(); !strings.Contains(got, `"value":"enabled"`) {
		t.Errorf("of another caller: %s, want root's setting", got)
	}
	f.MustApply(t, structs.DeleteAccountSetting{Principal: "user/ci", Name: structs.SettingContainerInsights})
	if got := ask(t, door, "DescribeClusters", `{"clusters":["a"],"include":["SETTINGS"]}`).Body.String(); !strings.Contains(got, `"value":"enhanced"`) {
		t.Errorf("a later change of the account's setting reached a cluster: %s", got)
	}
}

// Callers who tag a new resource must be allowed to tag it.
func TestTagsAtCreation(t *testing.T) {
	f := newFixture(t)
	door := f.door(t)
	const onlyMake = `{"Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*"},{"Effect":"Deny","Action":"ecs:TagResource","Resource":"*"}]}`
	for _, test := range []struct{ operation, body, resource string }{
		{"CreateCluster", `{"clusterName":"new"`, "cluster/new"},
		{"CreateCluster", `{"cluster":"x"`, "cluster/default"},
		{"CreateCapacityProvider", `{"name":"p"`, "capacity-provider/p"},
		{"RegisterTaskDefinition", `{"family":"f"`, "task-definition/f:*"},
		{"RunTask", `{"cluster":"empty","taskDefinition":"hello"`, "task/empty/*"},
		{"StartTask", `{"cluster":"empty","taskDefinition":"hello"`, "task/empty/*"},
		{"CreateService", `{"cluster":"empty","serviceName":"web"`, "service/empty/web"},
		{"CreateTaskSet", `{"cluster":"empty","service":"web"`, "task-set/empty/web/*"},
		{"RegisterContainerInstance", `{"cluster":"empty"`, "container-instance/empty/*"},
	} {
		want := "not authorized to perform: ecs:TagResource on resource: arn:aws:ecs:us-east-1:000000000000:" + test.resource + " "
		if got := askAs(t, door, onlyMake, test.operation, test.body+`,"tags":[{"key":"a","value":"b"}]}`); !strings.Contains(got, want) {
			t.Errorf("%s %s: %s\nwant %s", test.operation, test.body, got, want)
		}
		if got := askAs(t, door, onlyMake, test.operation, test.body+`,"tags":[]}`); strings.Contains(got, "TagResource") {
			t.Errorf("%s without tags: %s", test.operation, got)
		}
	}
}

// tagRules has the actions that are built and whose request has tags, except TagResource itself.
func TestTagRules(t *testing.T) {
	text, err := os.ReadFile("../models/ecs-2014-11-13.json")
	if err != nil {
		t.Fatal(err)
	}
	var model struct {
		Operations map[string]struct{ Input struct{ Shape string } }
		Shapes     map[string]struct{ Members map[string]any }
	}
	if err := json.Unmarshal(text, &model); err != nil {
		t.Fatal(err)
	}
	for operation := range model.Operations {
		_, tagged := model.Shapes[model.Operations[operation].Input.Shape].Members["tags"]
		want := tagged && actions(nil)[operation] != nil && operation != "TagResource"
		if _, ruled := tagRules[operation]; ruled != want {
			t.Errorf("%s has a rule: %v, want %v", operation, ruled, want)
		}
	}
}
