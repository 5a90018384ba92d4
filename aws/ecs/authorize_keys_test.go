package ecs

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// full has values for the members that policies can have conditions on.
var full = map[string]any{
	"capacityProviderStrategy": []map[string]string{{"capacityProvider": "big"}}, "capacityProviders": []string{"big"}, "clusterName": "new",
	"propagateTags": "TASK_DEFINITION", "tags": []map[string]string{{"key": "team", "value": "web"}}, "tagKeys": []string{"team"},
	"enableExecuteCommand": true, "enableECSManagedTags": true, "volumeConfigurations": []map[string]string{{"name": "v"}},
	"serviceConnectConfiguration": map[string]any{"enabled": true}, "vpcLatticeConfigurations": []any{map[string]any{}},
	"requiresCompatibilities": []string{"EC2"}, "containerDefinitions": []map[string]any{{"name": "a", "privileged": true}},
	"serviceDeploymentArn":  "arn:aws:ecs:us-east-1:000000000000:service-deployment/default/external/1",
	"serviceDeploymentArns": []string{"arn:aws:ecs:us-east-1:000000000000:service-deployment/default/external/1"},
	"serviceRevisionArns":   []string{"arn:aws:ecs:us-east-1:000000000000:service-revision/default/external/1"},
	"resourceArn":           "arn:aws:ecs:us-east-1:000000000000:cluster/empty",
}

// values has the condition keys of a request with those members.
var values = map[string]string{
	"ecs:account-setting": "big", "ecs:capacity-provider": "capacity-provider/big", "ecs:cluster": "cluster/default", "ecs:compute-compatibility": "EC2",
	"ecs:container-instances": "container-instance/default/i1", "ecs:enable-ebs-volumes": "true", "ecs:enable-ecs-managed-tags": "true",
	"ecs:enable-execute-command": "true", "ecs:enable-service-connect": "true", "ecs:enable-vpc-lattice": "true", "ecs:privileged": "true",
	"ecs:propagate-tags": "TASK_DEFINITION", "ecs:service": "service/default/external", "ecs:task-definition": "task-definition/hello:1",
	"aws:TagKeys": "team", structs.KeyRequestTag: "web",
}

// TestEveryActionHasItsResourcesAndKeys walks all actions that are built. Each is authorized on
// every kind of resource that the table of policies has for it. A condition on each of its keys,
// and on the tags of its resource, sees the value in the request.
func TestEveryActionHasItsResourcesAndKeys(t *testing.T) {
	f := newFixture(t)
	f.addTaskSets(t)
	door := f.door(t)
	walked, model := 0, readModel(t)
	for operation := range actions(nil) {
		action, ok := structs.ECSAction(operation)
		if !ok {
			t.Errorf("%s is not in the table of policies (structs/policy_actions.go)", operation)
		}
		w := &policyWalk{T: t, door: door, operation: operation, body: fullRequest(t, model, operation)}
		for _, kind := range action.Resources {
			w.resource(kind)
		}
		for _, key := range action.Keys {
			if key != "ecs:CreateAction" { // TestTagsOnWhatIsMade
				walked++
				w.key(key)
			}
		}
	}
	if walked < 70 {
		t.Errorf("%d keys are walked, which are too few to be all", walked)
	}
	for key := range keyValues {
		if _, ok := values[key]; !ok && key != "ecs:CreateAction" {
			t.Errorf("the walk has no %s", key)
		}
	}
}

// fullRequest returns a request with every member that policies can have conditions on.
func fullRequest(t *testing.T, model *apiModel, operation string) string {
	t.Helper()
	in := model.Shapes[model.Operations[operation].Input.Shape]
	body := map[string]any{}
	for member := range in.Members {
		_, names := namings[member]
		if value, ok := full[member]; ok {
			body[member] = value
		} else if value, ok := plausible[member]; ok && (names || slices.Contains(in.Required, member)) {
			body[member] = value
		}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// policyWalk sends one request as the holders of different policies.
type policyWalk struct {
	*testing.T
	door            http.Handler
	operation, body string
}

func (w *policyWalk) denied(policy string) bool {
	w.Helper()
	return strings.Contains(askAs(w.T, w.door, policy, w.operation, w.body), "AccessDeniedException")
}

// resource checks that the action is authorized on a kind of resource.
func (w *policyWalk) resource(kind string) {
	w.Helper()
	if !w.denied(fmt.Sprintf(`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
		{"Effect":"Deny","Action":"ecs:%s","Resource":"arn:aws:ecs:*:*:%s/*"}]}`, w.operation, kind)) {
		w.Errorf("%s is not asked about on a %s: %s", w.operation, kind, w.body)
	}
}

// key checks that a condition on a key sees the value in the request.
func (w *policyWalk) key(key string) {
	w.Helper()
	value := values[key]
	if key == structs.KeyRequestTag {
		key += "Team" // the case of keys does not matter
	}
	operator, other := "StringEquals", "other"
	if strings.Contains(value, "/") {
		operator, other = "ArnEquals", "arn:aws:ecs:us-east-1:000000000000:cluster/other"
		value = "arn:aws:ecs:eu-west-1:1:" + value // region and account do not count
	} else if value == "true" {
		operator, other = "Bool", "false"
	}
	policy := `{"Statement":[{"Effect":"Allow","Action":"ecs:%s","Resource":"*","Condition":{"%s":{"%s":"%s"}}},
		{"Effect":"Allow","Action":"ecs:TagResource","Resource":"*","Condition":{"Null":{"ecs:CreateAction":"false"}}}]}`
	if w.denied(fmt.Sprintf(policy, w.operation, operator, key, value)) {
		w.Errorf("%s is denied where %s is %s: %s", w.operation, key, value, w.body)
	}
	if !w.denied(fmt.Sprintf(policy, w.operation, operator, key, other)) {
		w.Errorf("%s is allowed where %s is not %s: %s", w.operation, key, other, w.body)
	}
}

// TestTagsOnWhatIsMade checks that tags on a new resource are authorized as ecs:TagResource, with
// the action that creates the resource as a condition key.
func TestTagsOnWhatIsMade(t *testing.T) {
	f := newFixture(t)
	for condition, want := range map[string]string{
		`{"StringEquals":{"ecs:CreateAction":"CreateCluster"}}`: `"clusterName":"new"`,
		`{"StringEquals":{"aws:RequestTag/team":"web"}}`:        `"clusterName":"new"`,
		`{"StringEquals":{"ecs:CreateAction":"RunTask"}}`:       "not authorized to perform: ecs:TagResource on resource: arn:aws:ecs:us-east-1:000000000000:cluster/new",
		`{"StringEquals":{"aws:RequestTag/team":"api"}}`:        "not authorized to perform: ecs:TagResource",
	} {
		policy := `{"Statement":[{"Effect":"Allow","Action":"ecs:CreateCluster","Resource":"*"},{"Effect":"Allow","Action":"ecs:TagResource","Resource":"*","Condition":` + condition + `}]}`
		if got := askAs(t, f.door(t), policy, "CreateCluster", `{"clusterName":"new","tags":[{"key":"team","value":"web"}]}`); !strings.Contains(got, want) {
			t.Errorf("%s: %s", condition, got)
		}
	}
}

// A condition on resource tags sees those of each resource of a call.
func TestConditionOnResourceTags(t *testing.T) {
	f := newFixture(t)
	door := f.door(t)
	for _, key := range []string{"aws:ResourceTag/env", "ecs:ResourceTag/env"} {
		policy := `{"Statement":{"Effect":"Allow","Action":"ecs:DescribeClusters","Resource":"*","Condition":{"StringEquals":{"` + key + `":"test"}}}}`
		if got := askAs(t, door, policy, "DescribeClusters", `{"clusters":["empty"]}`); !strings.Contains(got, `"clusterName":"empty"`) {
			t.Errorf("%s: %s", key, got)
		}
		if got := askAs(t, door, policy, "DescribeClusters", `{"clusters":["empty","default"]}`); !strings.Contains(got, "cluster/default because no identity") {
			t.Errorf("%s: %s", key, got)
		}
	}
}

// A key that may run tasks in only one cluster starts nothing in another, however that one is
// named.
func TestRunTaskInOneClusterAlone(t *testing.T) {
	f := newFixture(t)
	door := f.door(t)
	id := `"` + f.instance.ID + `"`
	for name, condition := range map[string]string{
		"allowed here":        `{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:us-east-1:000000000000:cluster/default"}}`,
		"by a text":           `{"StringEquals":{"ecs:cluster":"arn:aws:ecs:us-east-1:000000000000:cluster/default"}}`,
		"by a pattern":        `{"ArnLike":{"ecs:cluster":"arn:aws:ecs:*:*:cluster/def*"}}`,
		"of another region":   `{"ArnEquals":{"ecs:cluster":"arn:aws:ecs:eu-west-1:123456789012:cluster/default"}}`,
		"by what it is not":   `{"ArnNotEquals":{"ecs:cluster":"arn:aws:ecs:us-east-1:000000000000:cluster/empty"}}`,
		"by what it is not 2": `{"StringNotLike":{"ecs:cluster":["arn:aws:ecs:*:*:cluster/x*","arn:aws:ecs:*:*:cluster/emp*"]}}`,
	} {
		policy := `{"Statement":{"Effect":"Allow","Action":["ecs:RunTask","ecs:StartTask"],"Resource":"*","Condition":` + condition + `}}`
		run := func(operation, cluster string) string {
			body := `{"taskDefinition":"hello","containerInstances":[` + id + `]` + cluster + `}`
			return askAs(t, door, policy, operation, body)
		}
		for _, operation := range []string{"RunTask", "StartTask"} {
			for _, here := range []string{``, `,"cluster":"default"`, `,"cluster":"arn:aws:ecs:us-east-1:000000000000:cluster/default"`} {
				if got := run(operation, here); !strings.Contains(got, `"failures":`) {
					t.Errorf("%s: %s %s: %s", name, operation, here, got)
				}
			}
			for _, there := range []string{`,"cluster":"empty"`, `,"cluster":"cluster/empty"`, `,"cluster":"arn:aws:ecs:us-east-1:000000000000:cluster/empty"`, `,"cluster":"default","Cluster":"empty"`} {
				if got := run(operation, there); !strings.Contains(got, "AccessDeniedException") {
					t.Errorf("%s: %s %s: %s", name, operation, there, got)
				}
			}
		}
	}
}

// If a call is on several instances, all of them must be allowed.
func TestConditionOnSeveralInstances(t *testing.T) {
	f := newFixture(t)
	other := f.AddInstance(t, "default", 2048, 4096)
	policy := `{"Statement":{"Effect":"Allow","Action":"ecs:StartTask","Resource":"*","Condition":
		{"ArnEquals":{"ecs:container-instances":"arn:aws:ecs:us-east-1:000000000000:container-instance/default/` + f.instance.ID + `"}}}}`
	for list, want := range map[string]string{f.instance.ID: `"taskArn"`, f.instance.ID + `","` + other.ID: "AccessDeniedException"} {
		if got := askAs(t, f.door(t), policy, "StartTask", `{"taskDefinition":"hello","containerInstances":["`+list+`"]}`); !strings.Contains(got, want) {
			t.Errorf("%s: %s", list, got)
		}
	}
}

// The door can find every kind of resource and every key of the table in a request.
func TestTableOfPoliciesIsKnown(t *testing.T) {
	for operation := range maps.Keys(API.Operations) {
		action, _ := structs.ECSAction(operation)
		for _, kind := range action.Resources {
			if naming[kind] == nil {
				t.Errorf("%s: nothing names a %s", operation, kind)
			}
		}
		for _, key := range action.Keys {
			if keyValues[key] == nil && key != structs.KeyRequestTag {
				t.Errorf("%s: nothing has %s", operation, key)
			}
		}
		if !slices.IsSorted(action.Resources) {
			t.Errorf("%s: %v", operation, action.Resources)
		}
	}
}
