package ecs

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// argument is a member of a request that names a resource: the kind of the resource, and the form
// of its name in the request.
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

// namings has the members of requests that name resources. OPERATION.member takes precedence over
// member.
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
	"containerInstanceArn":      {kindInstance, plain},
	"serviceRevisionArns":       {kindRevision, listed},
	"resourceArn":               {"", plain},
	"ListGatewayRoutes.service": {"", plain}, "serviceArn": {kindService, plain}, "gateway": {kindGateway, plain},
	"gatewayRouteArn": {kindGatewayRoute, plain}, "taskDefinitionArn": {kindDefinition, plain},
	"PutAttributes.attributes": {kindInstance, targeted}, "DeleteAttributes.attributes": {kindInstance, targeted},
}

// plausible has values for the other members of a request, so that its names are reached.
var plausible = map[string]any{
	"cluster": "default", "task": "t1", "tasks": []string{"t1"}, "containerInstance": "i1", "containerInstances": []string{"i1"},
	"service": "external", "services": []string{"external"}, "taskDefinition": "hello:1", "taskDefinitions": []string{"hello:1"}, "serviceName": "new",
	"capacityProvider": "big", "capacityProviders": []string{}, "defaultCapacityProviderStrategy": []any{}, "name": "big", "status": "DRAINING",
	"autoScalingGroupProvider": map[string]any{}, "taskSet": "ts", "primaryTaskSet": "ts", "scale": map[string]any{"value": 1}, "targetType": "container-instance", "tags": []any{},
	"tagKeys": []string{"k"}, "hookId": "h", "settings": []any{}, "attributes": []map[string]string{{"name": "a", "targetId": "i1"}}, "protectionEnabled": true,
	"gateway": "edge", "configuration": map[string]any{"hostSharedAlb": map[string]any{}}, "infrastructureRoleArn": "r", "gatewayRouteArn": "edge/default/web",
	"serviceArn":  "shop",
	"attachments": []map[string]string{{"attachmentArn": "x", "status": "y"}}, "serviceDeploymentArn": "x", "resourceArn": "x", "family": "f", "containerDefinitions": []any{}, "command": "sh", "interactive": true,
}

// existing has, by kind, the name of a resource that exists.
var existing = map[string]string{
	"": "cluster/default", kindCluster: "cluster/default", kindProvider: "capacity-provider/big", kindDefinition: "task-definition/hello:1",
	kindTask: "task/default/t1", kindInstance: "container-instance/default/i1", kindService: "service/default/external",
	kindTaskSet: "task-set/default/external/ecs-svc/1",
	kindGateway: "gateway/edge", kindGatewayRoute: "gateway-route/edge/default/web",
	kindDeployment: "service-deployment/default/web/1", kindRevision: "service-revision/default/web/1",
}

// TestEveryNameIsRead walks every argument of every operation that takes a name or an ARN: no part
// of an ARN is ignored. The texts before the first full stop are ECS's; clients show them.
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
			w := &nameWalk{T: t, door: door, operation: operation, member: member, required: slices.Contains(in.Required, member), argument: n, body: body}
			w.wrongScope()
			if n.kind != "" {
				w.wrongResource()
				w.blank()
			}
		}
	}
	if walked < 90 {
		t.Errorf("%d arguments are walked, which are too few to be all", walked)
	}
}

// nameWalk sends an operation wrong names in one argument.
type nameWalk struct {
	*testing.T
	door              http.Handler
	operation, member string
	required          bool
	argument
	body map[string]any // the rest of the request
}

// wrongScope names a resource that is somewhere else.
func (w *nameWalk) wrongScope() {
	name := existing[w.kind]
	w.refused("arn:aws:ecs:eu-west-1:000000000000:"+name, "Invalid Region in ARN. ")
	w.refused("arn:aws:ecs:us-east-1:123456789012:"+name, "Invalid account in ARN. ")
	w.refused("arn:aws-cn:ecs:us-east-1:000000000000:"+name, "Invalid partition in ARN. ")
	w.refused("arn:aws:iam::000000000000:role/x", "is not an ARN of ECS")
}

// wrongResource names a resource of another kind, with too few or too many parts, or of another
// cluster.
func (w *nameWalk) wrongResource() {
	const prefix = "arn:aws:ecs:us-east-1:000000000000:"
	w.refused(prefix+"container/default/t1/c1", "Unsupported resource type: container. ")
	w.refused(prefix+w.kind+"/", "can not be blank. ")
	w.refused(prefix+w.kind+"/a/b/c/d/e", "Invalid identifier: Unexpected number of separators. ")
	before, after, inCluster := strings.Cut(existing[w.kind], "default/")
	switch {
	case w.operation == "ListGatewayRoutes" || w.kind == kindGatewayRoute || w.member == "serviceArn": // they name the cluster
		inCluster = false
	}
	if inCluster && w.kind != kindDeployment && w.kind != kindRevision {
		w.refused(prefix+before+"elsewhere/"+after, "Invalid identifier: Identifier is for cluster elsewhere. Your cluster is default. ")
	}
}

func (w *nameWalk) blank() {
	switch w.in("").(type) {
	case []string:
		w.refused("", "can not be blank. ")
	case string:
		if w.required {
			w.refused("", w.member+" is required")
		}
	}
}

// refused expects the text to be refused as a value of the argument.
func (w *nameWalk) refused(text, want string) {
	w.Helper()
	request := maps.Clone(w.body)
	request[w.member] = w.in(text)
	raw, err := json.Marshal(request)
	if err != nil {
		w.Fatal(err)
	}
	got := ask(w.T, w.door, w.operation, string(raw)).Body.String()
	code := "InvalidParameterException"
	if w.operation == "DeleteTaskDefinitions" { // it answers with a failure for each
		want, code = "identifier is invalid", ""
	}
	// the member itself is refused by name
	if strings.Contains(got, "UnsupportedFeatureException") {
		return
	}
	if !strings.Contains(got, want) || !strings.Contains(got, code) {
		w.Errorf("%s %s: %s\nwant %s", w.operation, raw, got, want)
	}
}
