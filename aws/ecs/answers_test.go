package ecs

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Every golden answer has the members that testdata/answers.txt lists as always present.
func TestAnswersAreWhole(t *testing.T) {
	raw, err := os.ReadFile("testdata/answers.txt")
	if err != nil {
		t.Fatal(err)
	}
	w := answerWalk{t: t, model: readModel(t), always: map[string][]string{}, seen: map[string]bool{}}
	for line := range strings.Lines(string(raw)) {
		if words := strings.Fields(line); len(words) > 0 && words[0] != "#" {
			w.always[words[0]] = words[1:]
		}
	}
	answers, err := filepath.Glob("testdata/*/*.response.json")
	if err != nil || len(answers) == 0 {
		t.Fatal("no answers", err)
	}
	for _, path := range answers {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		answer := decoded[struct {
			Status int
			Body   any
		}](t, string(text))
		if operation := filepath.Base(filepath.Dir(path)); answer.Status == 200 {
			w.check(path, w.model.Operations[operation].Output.Shape, answer.Body)
		}
	}
	for _, shape := range slices.Sorted(maps.Keys(w.always)) {
		if !w.seen[shape] {
			t.Errorf("testdata/answers.txt has a line for %s, which no golden answer has", shape)
		}
	}
}

type answerWalk struct {
	t      *testing.T
	model  *apiModel
	always map[string][]string // by shape
	seen   map[string]bool
}

// check checks a value of a shape and the values below it. At is its path.
func (w *answerWalk) check(at, shape string, value any) {
	switch s := w.model.Shapes[shape]; v := value.(type) {
	case []any:
		for _, item := range v {
			w.check(at, s.Member.Shape, item)
		}
	case map[string]any:
		if s.Type != "structure" {
			return // a map of strings
		}
		always, known := w.always[shape]
		if !known && !w.seen[shape] {
			w.t.Errorf("%s: testdata/answers.txt has no line for %s", at, shape)
		}
		w.seen[shape] = true
		for _, member := range always {
			if _, ok := v[member]; !ok {
				w.t.Errorf("%s: a %s has no %s", at, shape, member)
			}
		}
		for member, below := range v {
			w.check(at+" "+member, s.Members[member].Shape, below)
		}
	}
}

// Descriptions of task definitions and services show who created them.
func TestWhoMadeIt(t *testing.T) {
	f := newFixture(t)
	door := f.door(t)
	const allowAll = `{"Statement":[{"Effect":"Allow","Action":"ecs:*","Resource":"*"}]}`
	askAs(t, door, allowAll, "RegisterTaskDefinition", `{"family":"ours","containerDefinitions":[{"name":"a","image":"i","memory":16}]}`)
	askAs(t, door, allowAll, "CreateService", `{"serviceName":"ours","taskDefinition":"ours","desiredCount":0}`)
	for operation, test := range map[string]struct{ body, want string }{
		"DescribeTaskDefinition": {`{"taskDefinition":"ours"}`, `"registeredBy":"arn:aws:iam::000000000000:user/ci"`},
		"DescribeServices":       {`{"services":["ours"]}`, `"createdBy":"arn:aws:iam::000000000000:user/ci"`},
	} {
		if got := ask(t, door, operation, test.body).Body.String(); !strings.Contains(got, test.want) {
			t.Errorf("%s: %s\nwant %s", operation, got, test.want)
		}
	}
}
