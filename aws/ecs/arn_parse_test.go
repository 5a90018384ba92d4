package ecs

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
)

// argument returns what a member of a request names: a kind of resource, and how its text stands in
// the request.
type argument struct {
	kind string
	in   func(text string) any
}

func plain(text string) any  { return text }
func listed(text string) any { return []string{text} }
func targeted(text string) any {
	return []map[string]string{{"name": "a", "targetId": text}}
}

func strategy(text string) any {
	return []map[string]string{{"capacityProvider": text}}
}

// namings are the members of requests that name resources. OPERATION.member goes before member.
var namings = map[string]argument{
	"cluster": {kindCluster, plain}, "clusters": {kindCluster, listed},
	"task": {kindTask, plain}, "tasks": {kindTask, listed},
	"containerInstance": {kindInstance, plain}, "containerInstances": {kindInstance, listed},
	"service": {kindService, plain}, "services": {kindService, listed}, "ListTasks.serviceName": {kindService, plain},
	"taskDefinition": {kindDefinition, plain}, "taskDefinitions": {kindDefinition, listed},
	"capacityProvider": {kindProvider, plain}, "capacityProviders": {kindProvider, listed}, "UpdateCapacityProvider.name": {kindProvider, plain},
	"capacityProviderStrategy": {kindProvider, strategy}, "defaultCapacityProviderStrategy": {kindProvider, strategy},
	"taskSet": {kindTaskSet, plain}, "taskSets": {kindTaskSet, listed}, "primaryTaskSet": {kindTaskSet, plain},
	"serviceDeploymentArn": {kindDeployment, plain}, "serviceDeploymentArns": {kindDeployment, listed},
	"containerInstanceArn":     {kindInstance, plain},
	"serviceRevisionArns":      {kindRevision, listed},
	"resourceArn":              {"", plain},
	"PutAttributes.attributes": {kindInstance, targeted}, "DeleteAttributes.attributes": {kindInstance, targeted},
}

// plausible is what a request has in its other members, so that it gets as far as its names.
var plausible = map[string]any{
	"cluster": "default", "task": "t1", "tasks": []string{"t1"}, "containerInstance": "i1", "containerInstances": []string{"i1"},
	"service": "external", "services": []string{"external"}, "taskDefinition": "hello:1", "taskDefinitions": []string{"hello:1"}, "serviceName": "new",
	"capacityProvider": "big", "capacityProviders": []string{}, "defaultCapacityProviderStrategy": []any{}, "name": "big", "status": "DRAINING",
	"autoScalingGroupProvider": map[string]any{}, "taskSet": "ts", "primaryTaskSet": "ts", "scale": map[string]any{"value": 1}, "targetType": "container-instance", "tags": []any{},
	"tagKeys": []string{"k"}, "hookId": "h", "settings": []any{}, "attributes": []map[string]string{{"name": "a", "targetId": "i1"}}, "protectionEnabled": true,
	"attachments": []map[string]string{{"attachmentArn": "x", "status": "y"}}, "serviceDeploymentArn": "x", "resourceArn": "x", "family": "f", "containerDefinitions": []any{},
}

// TestEveryNameIsRead walks every argument of every operation that takes a name or an ARN: no part
// of an ARN is dropped. The texts before the first full stop are ECS's; clients show them.
func TestEveryNameIsRead(t *testing.T) {
	f := newFixture(t)
	f.addTaskSets(t)
	door := f.door(t)
	walked, model := 0, readModel(t)
	for operation := range actions(nil) {
		in := model.Shapes[model.Operations[operation].Input.Shape]
		for member := range in.Members {
			n, ok := namings[operation+"."+member]
			if !ok {
				n, ok = namings[member]
			}
			if !ok {
				continue
			}
			walked++
			body := map[string]any{}
			for _, r := range in.Required {
				body[r] = plausible[r]
			}
			refused := func(text, want string) {
				t.Helper()
				request := maps.Clone(body)
				request[member] = n.in(text)
				raw, err := json.Marshal(request)
				if err != nil {
					t.Fatal(err)
				}
				if operation == "DeleteTaskDefinitions" { // which answers with a failure for each
					want = "identifier is invalid"
				}
				got := ask(t, door, operation, string(raw)).Body.String()
				// the member itself is refused by name
				if strings.Contains(got, "UnsupportedFeatureException") {
					return
				}
				if !strings.Contains(got, want) || operation != "DeleteTaskDefinitions" && !strings.Contains(got, "InvalidParameterException") {
					t.Errorf("%s %s: %s\nwant %s", operation, raw, got, want)
				}
			}
			name := n.kind + "/" + map[string]string{
				"": "cluster/default", kindCluster: "default", kindProvider: "big", kindDefinition: "hello:1", kindTask: "default/t1", kindInstance: "default/i1", kindService: "default/external",
				kindTaskSet: "default/external/ecs-svc/1", kindDeployment: "default/web/1", kindRevision: "default/web/1",
			}[n.kind]
			name = strings.TrimPrefix(name, "/")
			refused("arn:aws:ecs:eu-west-1:000000000000:"+name, "Invalid Region in ARN. ")
			refused("arn:aws:ecs:us-east-1:123456789012:"+name, "Invalid account in ARN. ")
			refused("arn:aws-cn:ecs:us-east-1:000000000000:"+name, "Invalid partition in ARN. ")
			refused("arn:aws:iam::000000000000:role/x", "is not an ARN of ECS")
			if n.kind == "" {
				continue
			}
			refused("arn:aws:ecs:us-east-1:000000000000:container/default/t1/c1", "Unsupported resource type: container. ")
			refused("arn:aws:ecs:us-east-1:000000000000:"+n.kind+"/", "can not be blank. ")
			refused("arn:aws:ecs:us-east-1:000000000000:"+n.kind+"/a/b/c/d/e", "Invalid identifier: Unexpected number of separators. ")
			if before, after, ok := strings.Cut(name, "default/"); ok && n.kind != kindDeployment && n.kind != kindRevision {
				refused("arn:aws:ecs:us-east-1:000000000000:"+before+"elsewhere/"+after, "Invalid identifier: Identifier is for cluster elsewhere. Your cluster is default. ")
			}
			switch n.in("").(type) {
			case []string:
				refused("", "can not be blank. ")
			case string:
				if slices.Contains(in.Required, member) {
					refused("", member+" is required")
				}
			}
		}
	}
	if walked < 90 {
		t.Errorf("%d arguments are walked, which are too few to be all", walked)
	}
}
