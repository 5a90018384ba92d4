package structs

import (
	"slices"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs/query"
)

func TestValidatePlacement(t *testing.T) {
	member := PlacementConstraint{Type: "memberOf", Expression: "attribute:a exists"}
	inDefinition := &TaskDefinition{PlacementConstraints: []TaskDefinitionPlacementConstraint{{Type: "memberOf", Expression: "attribute:a exists"}}}
	for name, test := range map[string]struct {
		constraints []PlacementConstraint
		strategy    []PlacementStrategy
		definition  *TaskDefinition
		want        string // a part of the message
	}{
		"nothing":                      {},
		"everything":                   {constraints: []PlacementConstraint{member, {Type: "distinctInstance"}}, strategy: []PlacementStrategy{{Type: "spread", Field: "attribute:a"}, {Type: "spread", Field: "host"}, {Type: "spread", Field: "INSTANCEID"}, {Type: "binpack", Field: "CPU"}, {Type: "random", Field: "x"}}},
		"ten with the definition":      {constraints: slices.Repeat([]PlacementConstraint{member}, 9), definition: inDefinition},
		"eleven with the definition":   {constraints: slices.Repeat([]PlacementConstraint{member}, 10), definition: inDefinition, want: "at most 10 items, those of the task definition included; there are 11"},
		"distinct with an expression":  {constraints: []PlacementConstraint{{Type: "distinctInstance", Expression: "x"}}, want: "placementConstraints[0]: distinctInstance expression should not be specified."},
		"memberOf without one":         {constraints: []PlacementConstraint{member, {Type: "memberOf"}}, want: "placementConstraints[1]: memberOf expression should be specified"},
		"memberOf with a wrong one":    {constraints: []PlacementConstraint{{Type: "memberOf", Expression: "attribute:a ="}}, want: "the expression 'attribute:a =' is not valid: at character 13: expected an operator"},
		"no constraint":                {constraints: []PlacementConstraint{{}}, want: "the type must be distinctInstance or memberOf, not ''"},
		"no strategy":                  {strategy: []PlacementStrategy{{Type: "pack"}}, want: "placementStrategy[0]: the type must be binpack, spread or random, not 'pack'"},
		"spread over no attribute":     {strategy: []PlacementStrategy{{Type: "spread", Field: "attribute:"}}, want: "must be instanceId, host or attribute:NAME, not 'attribute:'"},
		"binpack of what is no amount": {strategy: []PlacementStrategy{{Type: "binpack", Field: "disk"}}, want: "must be memory or cpu, not 'disk'"},
		"six":                          {strategy: slices.Repeat([]PlacementStrategy{{Type: "random"}}, 6), want: "at most 5 items; there are 6"},
	} {
		t.Run(name, func(t *testing.T) {
			err := (&Job{PlacementConstraints: test.constraints, PlacementStrategy: test.strategy}).ValidatePlacement(test.definition)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || KindOf(err) != KindInvalidParameter || !strings.Contains(err.Error(), test.want)):
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

func TestQuerySubject(t *testing.T) {
	subject := &QuerySubject{
		Instance: &ContainerInstance{
			ID: "0a", Name: "host-1", AgentConnected: true, VersionInfo: VersionInfo{AgentVersion: "1.2.3"}, RegisteredAt: 1_518_516_000_250,
			Attributes: []Attribute{{Name: "disk", Value: "ssd"}}, Custom: []Attribute{{Name: "stack", Value: "prod"}},
		},
		Usage:      &Usage{Running: 3, Pending: 2},
		TaskGroups: slices.Values([]string{"service:web"}),
	}
	for _, text := range []string{
		"attribute:disk == ssd and attribute:stack == prod", "agentConnected == true", "agentVersion > 1.2", "ec2InstanceId == i-0a",
		"containerInstanceArn == 0a", "registeredAt == 2018-02-13T10:00:00Z", "runningTasksCount == 3", "pendingTasksCount == 2", "task:group == service:web",
	} {
		e, err := query.Parse(text)
		if err != nil || !e.Match(subject) {
			t.Errorf("%s does not hold: %v", text, err)
		}
	}
	if e, _ := query.Parse("task:group exists"); e.Match(&QuerySubject{Instance: &ContainerInstance{}, Usage: &Usage{}}) {
		t.Error("an instance without tasks has a group")
	}
}
