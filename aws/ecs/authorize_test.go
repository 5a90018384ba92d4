package ecs

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// askAs sends one request as the holder of a policy.
func askAs(t *testing.T, door http.Handler, policy, operation, body string) string {
	t.Helper()
	p, err := structs.ParsePolicy(policy)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(control.WithCaller(t.Context(), &control.Caller{ARN: "arn:aws:iam::000000000000:user/ci", Policy: &p}),
		http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("X-Amz-Target", API.TargetPrefix+"."+operation)
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return w.Body.String()
}

const denyAll = `{"Statement":[{"Effect":"Deny","Action":"ecs:*","Resource":"*"}]}`

// Every action is authorized before it is carried out.
func TestEveryActionIsAuthorized(t *testing.T) {
	f := newFixture(t)
	door := f.door(t)
	for operation := range actions(nil) {
		if got := askAs(t, door, denyAll, operation, "{}"); !strings.Contains(got, "AccessDeniedException") && !strings.Contains(got, "InvalidParameter") {
			t.Errorf("%s with a policy that denies all: %s", operation, got)
		}
	}
}

// TestResources checks which resource is authorized for each way to name one.
func TestResources(t *testing.T) {
	f := newFixture(t)
	door := f.door(t)
	for _, test := range []struct{ operation, body, resource string }{
		{"RunTask", `{"taskDefinition":"hello"}`, "task-definition/hello:2"},
		{"RunTask", `{"taskDefinition":"hello:01"}`, "task-definition/hello:1"},
		{"RunTask", `{"taskDefinition":"arn:aws:ecs:us-east-1:000000000000:task-definition/hello:1"}`, "task-definition/hello:1"},
		{"RunTask", `{"taskDefinition":"none"}`, "task-definition/none:*"},
		{"RegisterTaskDefinition", `{"family":"web"}`, "task-definition/web:*"},
		{"StopTask", `{"task":"t1"}`, "task/default/t1"},
		{"StopTask", `{"cluster":"arn:aws:ecs:us-east-1:000000000000:cluster/prod","task":"arn:aws:ecs:us-east-1:000000000000:task/prod/t1"}`, "task/prod/t1"},
		{"StopTask", `{"cluster":"prod","task":"arn:aws:ecs:us-east-1:000000000000:task/t1"}`, "task/prod/t1"},
		{"StopTask", `{"Task":"t1","tasK":"t2"}`, "task/default/t2"},
		{"DescribeTasks", `{"cluster":"prod"}`, "task/prod/*"},
		{"ListTasks", `{"cluster":"prod"}`, "container-instance/prod/*"},
		{"CreateService", `{"cluster":"prod","serviceName":"web"}`, "service/prod/web"},
		{"UpdateService", `{"service":"arn:aws:ecs:us-east-1:000000000000:service/default/web"}`, "service/default/web"},
		{"DescribeClusters", `{}`, "cluster/default"},
		{"PutAttributes", `{"attributes":[{"name":"a","targetId":"i1"}]}`, "container-instance/default/i1"},
		{"DeleteTaskSet", `{"cluster":"prod","service":"web","taskSet":"ecs-svc/1"}`, "task-set/prod/web/ecs-svc/1"},
		{"CreateTaskSet", `{"cluster":"prod","service":"web"}`, "task-set/prod/web/*"},
		{"CreateCluster", `{"clusterName":"prod"}`, "cluster/prod"},
		{"CreateCapacityProvider", `{"name":"machines"}`, "capacity-provider/machines"},
		{"DescribeServiceRevisions", `{"serviceRevisionArns":["arn:aws:ecs:us-east-1:000000000000:service-revision/prod/web/1"]}`, "service/prod/web"},
		{"StopServiceDeployment", `{"serviceDeploymentArn":"arn:aws:ecs:us-east-1:000000000000:service-deployment/prod/web/1"}`, "service/prod/web"},
		{"RegisterContainerInstance", `{"cluster":"prod"}`, "cluster/prod"},
		{"SubmitTaskStateChange", `{"cluster":"prod","task":"t1"}`, "cluster/prod"},
		{"UpdateContainerAgent", `{"cluster":"prod","containerInstance":"i1"}`, "container-instance/prod/i1"},
		{"UpdateCapacityProvider", `{"name":"machines"}`, "capacity-provider/machines"},
		{"TagResource", `{"resourceArn":"arn:aws:ecs:us-east-1:000000000000:cluster/empty"}`, "cluster/empty"},
		{"TagResource", `{"resourceArn":"arn:aws:ecs:us-east-1:000000000000:cluster/nowhere"}`, "cluster/nowhere"},
	} {
		want := "User: arn:aws:iam::000000000000:user/ci is not authorized to perform: ecs:" + test.operation +
			" on resource: arn:aws:ecs:us-east-1:000000000000:" + test.resource + " with an explicit deny in an identity-based policy"
		if got := askAs(t, door, denyAll, test.operation, test.body); !strings.Contains(got, want) {
			t.Errorf("%s %s: %s\nwant %s", test.operation, test.body, got, want)
		}
	}
}

// If a call is on several resources, all must be allowed, and the error names the first that is
// not.
func TestAllResourcesMustBeAllowed(t *testing.T) {
	f := newFixture(t)
	door := f.door(t)
	one := `{"Statement":[{"Effect":"Allow","Action":"ecs:DescribeClusters","Resource":"arn:aws:ecs:us-east-1:000000000000:cluster/default"}]}`
	if got := askAs(t, door, one, "DescribeClusters", `{"clusters":["default"]}`); !strings.Contains(got, `"clusterName":"default"`) {
		t.Errorf("what is allowed is refused: %s", got)
	}
	got := askAs(t, door, one, "DescribeClusters", `{"clusters":["default","empty"]}`)
	if !strings.Contains(got, "cluster/empty because no identity-based policy allows the ecs:DescribeClusters action") {
		t.Errorf("what is not allowed: %s", got)
	}
}
