package ecs

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A member that no shape of the model has is refused by name, at any depth; it must not vanish.
// Members of answers in requests are ignored, as ECS does, and so is what asks for nothing.
func TestUnknownMembers(t *testing.T) {
	container := func(more string) string {
		return fmt.Sprintf(`{"family":"sent","containerDefinitions":[{"name":"a","image":"i","memory":64%s}]}`, more)
	}
	for name, test := range map[string]struct{ operation, body, refused string }{
		"at the top":        {"RunTask", `{"taskDefinition":"hello","sparkle":true}`, "unknown member sparkle of RunTask: "},
		"in a container":    {"RegisterTaskDefinition", container(`,"gpuCount":2`), "unknown member containerDefinitions[0].gpuCount of RegisterTaskDefinition: "},
		"deep":              {"RegisterTaskDefinition", container(`,"linuxParameters":{"devices":[{"hostPath":"/dev/a","mode":"x","minor":7}]}`), "linuxParameters.devices[0].minor"},
		"in a map's value":  {"CreateService", `{"serviceName":"s","desiredCount":1,"deploymentConfiguration":{"strategie":"ROLLING","alarmz":{"a":[1]}}}`, "unknown members deploymentConfiguration.alarmz, deploymentConfiguration.strategie of CreateService"},
		"with other faults": {"RunTask", `{"taskDefinition":"hello","count":99,"sparkle":1}`, "sparkle"},
		"of a read":         {"DescribeTasks", `{"tasks":["a"],"verbose":"yes"}`, "verbose"},

		"that ask for nothing": {"RunTask", `{"taskDefinition":"hello","a":null,"b":"","c":[],"d":{},"e":{"f":[null]},"g":false}`, ""},
		"of an answer":         {"RegisterTaskDefinition", strings.Replace(container(`,"taskArn":"a"`), "{", `{"taskDefinitionArn":"arn:aws:ecs:us-east-1:1:task-definition/a:1","revision":7,"status":"ACTIVE","requiresAttributes":[{"name":"x"}],"compatibilities":["EC2"],"registeredAt":"2020-01-01T00:00:00Z","registeredBy":"me","deregisteredAt":1,"inferenceAccelerators":[],`, 1), ""},
		"in any case":          {"RunTask", `{"TaskDefinition":"hello"}`, ""},
		"of agents":            {"DiscoverPollEndpoint", `{"cluster":"default","zoneIdentity":"use1-az1"}`, ""},
		"keys of options":      {"RegisterTaskDefinition", container(`,"dockerLabels":{"sparkle":"1"}`), ""},
	} {
		f := newFixture(t)
		w := ask(t, f.door(t), test.operation, test.body)
		switch {
		case test.refused == "" && w.Code != http.StatusOK:
			t.Errorf("%s: want it taken, got %s", name, w.Body)
		case test.refused != "" && (w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), test.refused) || !strings.Contains(w.Body.String(), "UnsupportedFeature")):
			t.Errorf("%s: want %q refused by name, got %s", name, test.refused, w.Body)
		}
	}
}

// What is wrong with a request is said in the same words whether or not it has unknown members.
func TestMalformedRequests(t *testing.T) {
	f := newFixture(t)
	for body, want := range map[string]string{
		`{"taskDefinition":7}`:             "taskDefinition: expected a string, got number",
		`{"sparkle":1,"taskDefinition":7}`: "taskDefinition: expected a string, got number",
		`{"taskDefinition":"hello"} x`:     "not valid JSON",
		`{"taskDefinition":"hello"`:        "not valid JSON",
		`[]`:                               "expected an object",
	} {
		if w := ask(t, f.door(t), "RunTask", body); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) || !strings.Contains(w.Body.String(), "SerializationException") {
			t.Errorf("%s: want %q, got %s", body, want, w.Body)
		}
	}
}
