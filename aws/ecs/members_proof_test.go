package ecs

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The lines of testdata/members.txt are true: each valid request is accepted, and each line about a
// value is true of that request with the value in it, wherever its structure occurs.
func TestMembersAreTrue(t *testing.T) {
	m, shapes := readModel(t), readMembers(t)
	found := places(m, shapes)
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		for _, at := range found[name] {
			p := prover{model: m, shapes: shapes, at: at}
			for _, l := range shapes[name].lines {
				if l.verdict == honoured {
					continue
				}
				t.Run(at.operation+"/"+at.path(m, l.member), func(t *testing.T) {
					if valid := p.request(name, memberLine{}); !accepted(p.send(t, everything(t), valid)) {
						t.Fatalf("without the member it is refused: %s", p.send(t, everything(t), valid).Body)
					}
					p.prove(t, name, l)
				})
			}
		}
	}
}

// everything returns a fixture with all additions.
func everything(t *testing.T) *fixture {
	f := newFixture(t)
	f.addServices(t)
	f.addTaskSets(t)
	f.addProviders(t)
	f.addGPUs(t)
	f.addFargate(t)
	f.addBalancers(t)
	f.addGateways(t)
	return f
}

type prover struct {
	model  *apiModel
	shapes map[string]*memberShape
	at     place
}

func (p prover) send(t *testing.T, f *fixture, request map[string]any) *httptest.ResponseRecorder {
	t.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	return ask(t, f.door(t), p.at.operation, f.placeholders().Replace(string(body)))
}

func accepted(w *httptest.ResponseRecorder) bool { return w.Code == http.StatusOK }

func (p prover) prove(t *testing.T, shape string, l memberLine) {
	t.Helper()
	f := everything(t)
	w := p.send(t, f, p.request(shape, l))
	switch {
	case l.verdict == refused, l.verdict == late && p.at.operation != "RegisterTaskDefinition":
		if accepted(w) || !p.names(w, l) {
			t.Errorf("%s %s: want it refused by name, got %s", l.member, l.value, w.Body)
		}
	case l.verdict == late:
		if !accepted(w) {
			t.Fatalf("%s %s: want it registered, got %s", l.member, l.value, w.Body)
		}
		for operation, body := range map[string]string{
			"RunTask":       `{"taskDefinition":"new"}`,
			"CreateService": `{"taskDefinition":"new","serviceName":"of-new","desiredCount":1}`,
			"CreateTaskSet": `{"taskDefinition":"new","cluster":"default","service":"external"}`,
		} {
			if w := ask(t, f.door(t), operation, body); accepted(w) || !strings.Contains(w.Body.String(), "UnsupportedFeature") || !p.names(w, l) {
				t.Errorf("%s %s: want %s refused by name, got %s", l.member, l.value, operation, w.Body)
			}
		}
	default:
		back := comesBack(decoded[any](t, w.Body.String()), l.member, decoded[any](t, string(l.value)))
		if !accepted(w) || back != (l.verdict == kept) {
			t.Errorf("%s %s: want it %s, got %s", l.member, l.value, l.verdict, w.Body)
		}
	}
}

// names reports whether the message of an answer names a member, or the member that holds it with
// its value. ECS's own messages write some names in words: "The platform version must be null",
// "Health check grace period is only valid for …".
func (p prover) names(w *httptest.ResponseRecorder, l memberLine) bool {
	var answer struct{ Message string }
	_ = json.Unmarshal(w.Body.Bytes(), &answer) // an unreadable answer names nothing
	has := func(text string) bool {
		return strings.Contains(strings.ToLower(strings.ReplaceAll(answer.Message, " ", "")), strings.ToLower(text))
	}
	if len(p.at.way) == 0 {
		return has(strings.TrimSuffix(l.member, "Seconds"))
	}
	holder := p.at.way[len(p.at.way)-1].member
	return has(l.member) || has(holder) && has(strings.Trim(string(l.value), `"`))
}

// comesBack reports whether the member has that value anywhere in an answer.
func comesBack(answer any, member string, value any) bool {
	switch a := answer.(type) {
	case map[string]any:
		if reflect.DeepEqual(a[member], value) {
			return true
		}
		for _, below := range a {
			if comesBack(below, member, value) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(a, func(below any) bool { return comesBack(below, member, value) })
	}
	return false
}

// request returns the valid request of the place with the line's value in it.
func (p prover) request(shape string, l memberLine) map[string]any {
	part := maps.Clone(p.shapes[shape].valid)
	if l.member != "" {
		var value any
		_ = json.Unmarshal(l.value, &value) // it was read as JSON
		part[l.member] = value
	}
	for _, s := range slices.Backward(p.at.way) {
		whole := maps.Clone(p.shapes[s.shape].valid)
		whole[s.member] = part
		if p.model.Shapes[p.model.Shapes[s.shape].Members[s.member].Shape].Type == "list" {
			list := []any{part}
			if rest, ok := p.shapes[s.shape].valid[s.member].([]any); ok {
				list = append(list, rest[1:]...)
			}
			whole[s.member] = list
		}
		part = whole
	}
	maps.Copy(part, l.with)
	return part
}
