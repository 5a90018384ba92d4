package jobfile_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/jobfile"
	"github.com/gantry-project/gantry/structs"
)

const small = `
name: web
containers:
  - {name: app, image: i, memory: 16}
`

// problem is a text that is not a job file, and the error it gets.
type problem struct {
	text string
	want []string // a part of each line of the message
}

// Texts that are not YAML or JSON, or have unknown fields. Each problem names its field, its line
// and what to do.
func TestProblemsOfTheText(t *testing.T) {
	expectProblems(t, map[string]problem{
		"nothing":              {"", []string{"the job file is empty"}},
		"no object":            {"- name: web", []string{"line 1: a job file is one object"}},
		"two documents":        {small + "---\n" + small, []string{"line 5: a job file holds one job"}},
		"no YAML":              {"name: web\n\tcount: 1", []string{"line 2: this is not YAML: found a tab character"}},
		"no JSON":              {"{\n \"name\": \"web\",\n}", []string{"line 3: this is not JSON: invalid character"}},
		"unknown field":        {small + "cuont: 3", []string{"line 5: cuont: there is no such field; did you mean count?"}},
		"unknown field within": {strings.Replace(small, "image: i", "imgae: i", 1), []string{"line 4: containers[0].imgae: there is no such field; did you mean image?"}},
		"letters' case":        {small + "networkmode: host", []string{"networkmode: there is no such field; did you mean networkMode?"}},
		"a beginning":          {small + "constraints: []", []string{"constraints: there is no such field"}},
		"few fields":           {small + "placement: {zzzzzz: 1}", []string{"placement.zzzzzz: there is no such field; there are constraints, strategy"}},
		"twice":                {small + "name: other", []string{"line 5: name: it is there twice"}},
		"not built":            {small + "scaling: {max: 3}", []string{"line 5: scaling: not built yet; change count by hand"}},
		"no number":            {strings.Replace(small, "16", "16MB", 1), []string{`line 4: containers[0].memory: expected a whole number, not "16MB"`}},
		"a number as text":     {strings.Replace(small, "16", `"16"`, 1), []string{`containers[0].memory: expected a whole number, not "16"`}},
		"a large number":       {strings.Replace(small, "16", "99999999999", 1), []string{"containers[0].memory: 99999999999 is too large"}},
		"no truth":             {small + "update: {circuitBreaker: on}", []string{`update.circuitBreaker: expected true or false, not "on"`}},
		"a list for an object": {small + "placement: []", []string{"line 5: placement: expected an object, not a list"}},
		"an object for a list": {"name: web\ncontainers: {name: app}", []string{"line 2: containers: expected a list, not an object"}},
		"a list for text":      {small + "cpu: [1]", []string{"cpu: expected a single value, not a list"}},
		"several":              {"nam: web\ncontainer: []", []string{"line 1: nam: there is no such field; did you mean name?", "line 2: container: there is no such field; did you mean containers?"}},
	})
}

// Job files with fields that the job must not have, or without fields that it needs.
func TestProblemsOfTheJob(t *testing.T) {
	expectProblems(t, map[string]problem{
		"no name":               {"containers: []", []string{"line 1: name: a job needs one"}},
		"a bad name":            {strings.Replace(small, "web", "a/b", 1), []string{`line 2: name: "a/b" is not a valid name`}},
		"a bad cluster":         {small + "cluster: a/b", []string{`line 5: cluster: "a/b" is not a valid cluster name`}},
		"no such type":          {small + "type: cron", []string{`line 5: type: "cron" is not service, daemon or batch`}},
		"a daemon that counts":  {small + "type: daemon\ncount: 2", []string{"line 6: count: a daemon runs on every instance"}},
		"a daemon's strategy":   {small + "type: daemon\nplacement: {strategy: [{type: random}]}", []string{"line 6: placement.strategy: a daemon runs on every instance"}},
		"no rebalancing":        {small + "availabilityZoneRebalancing: on", []string{`line 5: availabilityZoneRebalancing: "on" is not ENABLED`}},
		"attempts of a service": {small + "attempts: 2", []string{"line 5: attempts: only batch jobs have it"}},
		"parallel services":     {small + "parallelism: 2", []string{"line 5: parallelism: only batch jobs have it"}},
		"a batch job's update":  {small + "type: batch\nupdate: {maximumPercent: 100}", []string{"line 6: update: only services and daemons have it"}},
		"a batch job's health":  {small + "type: batch\nhealth: {gracePeriodSeconds: 1}", []string{"line 6: health: only services"}},
		"its rebalancing":       {small + "type: batch\navailabilityZoneRebalancing: ENABLED", []string{"line 6: availabilityZoneRebalancing: only services"}},
		"its tags":              {small + "type: batch\npropagateTags: NONE", []string{"line 6: propagateTags: each task of a batch job has"}},
		"no containers":         {"name: web", []string{"line 1: containers: a job needs at least one container"}},
		"a nameless container":  {"name: web\ncontainers:\n- image: i", []string{"line 3: containers[0].name: a container needs one"}},
		"no image":              {"name: web\ncontainers:\n- name: app", []string{"line 3: containers[0].image: a container needs one"}},
		"no memory":             {"name: web\ncontainers:\n- {name: app, image: i}", []string{"line 3: containers[0].memory: give its memory in MiB"}},
		"no such tags":          {small + "propagateTags: ALL", []string{`line 5: propagateTags: "ALL" is not NONE, SERVICE or TASK_DEFINITION`}},
		"a reserved tag":        {small + "tags: {\"aws:x\": 1}", []string{`line 5: tags: "aws:x" begins with aws:`}},
		"a list of pairs twice": {small + "tags: [{key: a, value: b}, {key: a, value: c}]", []string{`line 5: tags: "a" is there twice`}},
	})
}

func expectProblems(t *testing.T, problems map[string]problem) {
	t.Helper()
	for name, test := range problems {
		t.Run(name, func(t *testing.T) {
			spec, err := jobfile.Parse([]byte(test.text))
			if err == nil {
				t.Fatalf("no error, but %+v", spec)
			}
			if structs.KindOf(err) != structs.KindInvalidParameter {
				t.Errorf("the error is of kind %s", structs.KindOf(err))
			}
			lines := strings.Split(err.Error(), "\n")
			for i, want := range test.want {
				if len(lines) != len(test.want) || !strings.Contains(lines[i], want) {
					t.Fatalf("got %s\nwant %s", err, strings.Join(test.want, "\n"))
				}
			}
		})
	}
}

// Different spellings of the same job give the same spec.
func TestSameJob(t *testing.T) {
	want, err := jobfile.Parse([]byte(`
name: web
cpu: 256
containers:
  - name: app
    image: i
    memory: 16
    environment: {PORT: 8080, VERSION: 1.10, DEBUG: true, DAY: 2026-01-02}
    dockerLabels: {a: "1"}
    interactive: true
tags: {team: shop}
`))
	if err != nil {
		t.Fatal(err)
	}
	environment := []structs.KeyValuePair{{Name: "DAY", Value: "2026-01-02"}, {Name: "DEBUG", Value: "true"}, {Name: "PORT", Value: "8080"}, {Name: "VERSION", Value: "1.10"}}
	if diff := cmp.Diff(environment, want.Containers[0].Environment); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
	if want.Type != "service" || want.Cluster != "default" || want.Count != nil || *want.Update != structs.DefaultUpdatePolicy("service") {
		t.Errorf("the defaults are %+v", want)
	}
	for name, text := range map[string]string{
		"lists of pairs": `
name: web
cpu: "256"
count: null
containers:
- name: app
  image: i
  memory: 16
  environment: [{name: DAY, value: "2026-01-02"}, {name: DEBUG, value: "true"}, {name: PORT, value: "8080"}, {name: VERSION, value: "1.10"}]
  dockerLabels: {a: 1}
  interactive: true
tags: [{key: team, value: shop}]`,
		"JSON with tabs": "{\n\t\"name\": \"web\", \"type\": \"service\", \"cluster\": \"default\", \"cpu\": \"256\",\n\t\"containers\": [{\"name\": \"app\", \"image\": \"i\", \"memory\": 16, " +
			"\"environment\": {\"VERSION\": \"1.10\", \"PORT\": \"8080\", \"DEBUG\": \"true\", \"DAY\": \"2026-01-02\"}, \"dockerLabels\": {\"a\": \"1\"}, \"interactive\": true}],\n\t\"tags\": {\"team\": \"shop\"}}",
		"an alias": `
name: web
cpu: 256
containers:
- {name: app, image: i, memory: 16, dockerLabels: {a: 1}, environment: {PORT: 8080, VERSION: 1.10, DEBUG: &yes true, DAY: 2026-01-02}, interactive: *yes}
tags: {team: shop}`,
	} {
		got, err := jobfile.Parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What a file leaves out of a policy gets the default. Zero is zero if the file says so.
func TestDefaultsOfTheType(t *testing.T) {
	service, err := jobfile.Parse([]byte(small + "update: {minimumHealthyPercent: 0, circuitBreaker: true}"))
	if err != nil {
		t.Fatal(err)
	}
	want := structs.DefaultUpdatePolicy("service")
	want.MinimumHealthyPercent, want.CircuitBreaker = 0, true
	if diff := cmp.Diff(&want, service.Update); diff != "" {
		t.Errorf("service (-want +got):\n%s", diff)
	}
	daemon, err := jobfile.Parse([]byte("type: daemon\n" + small))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(new(structs.DefaultUpdatePolicy("daemon")), daemon.Update); diff != "" {
		t.Errorf("daemon (-want +got):\n%s", diff)
	}
}

// A few lines must not expand into millions of values.
func TestAliasesDoNotMultiply(t *testing.T) {
	text := "name: web\ncontainers:\n- &c {name: app, image: i, memory: 16, command: [" + strings.Repeat("a, ", 1000) + "]}\n" + strings.Repeat("- *c\n", 100)
	_, err := jobfile.Parse([]byte(text))
	if err == nil || !strings.Contains(err.Error(), "the file is too large") {
		t.Errorf("got %v", err)
	}
}

// The examples are valid job files.
func TestExamples(t *testing.T) {
	files, err := os.ReadDir("../examples")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".yaml") {
			continue
		}
		text, err := os.ReadFile("../examples/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		spec, err := jobfile.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", f.Name(), err)
			continue
		}
		if _, err := spec.Definition(); err != nil {
			t.Errorf("%s: %v", f.Name(), err)
		}
	}
}
