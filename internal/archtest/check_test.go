package archtest

import (
	"go/token"
	"slices"
	"strings"
	"testing"
)

// TestChecks shows that each rule fails on code that breaks it, and lets its neighbour pass.
func TestChecks(t *testing.T) {
	for _, tc := range []struct {
		name, path, source string
		want               string // part of the only report; empty: none
	}{
		{"structs may import the standard library", "structs/a.go", `import "encoding/json"`, ""},
		{"structs may not import a module", "structs/a.go", `import "github.com/x/y"`, "only the standard library"},
		{"structs is below state", "structs/a.go", `import "` + module + `/state"`, "structs must not import state, only structs/query"},
		{"structs may import its language", "structs/a.go", `import "` + module + `/structs/query"`, ""},
		{"a language may not import a module", "structs/query/a.go", `import "github.com/x/y"`, "only the standard library"},
		{"control reads state", "control/a.go", `import "` + module + `/state"`, ""},
		{"a door does not read state", "aws/ecs/a.go", `import "` + module + `/state"`, "aws/ecs must not import state"},
		{"a door asks control", "aws/ecs/a.go", `import "` + module + `/control"`, ""},
		{"the server holds its parts", "server/a.go", `import "` + module + `/server/broker"`, ""},
		{"a part does not hold the server", "server/broker/a.go", `import "` + module + `/server"`, "server/broker must not import server"},
		{"the node knows no gossip", "server/node/a.go", `import "` + module + `/gossip"`, "server/node must not import gossip"},
		{"the members do not see raft", "server/members/a.go", `import "github.com/hashicorp/raft"`, "only fsm, server/node, server/simulator may"},
		{"a part does not place", "server/broker/a.go", `import "` + module + `/scheduler"`, "server/broker must not import scheduler"},
		{"the planner shares the scheduler's fit", "server/planner/a.go", `import "` + module + `/scheduler"`, ""},
		{"the agent does not know its runtime", "agent/a.go", `import "` + module + `/agent/docker"`, "agent must not import agent/docker"},
		{"production code does not import testutil", "control/a.go", `import "` + module + `/testutil"`, "control must not import testutil"},
		{"tests do", "control/a_test.go", `import "` + module + `/testutil"`, ""},
		{"test programs do", "test/bench/a.go", `import "` + module + `/testutil"`, ""},

		{"Docker is behind the runtime", "agent/a.go", `import "github.com/docker/docker/client"`, "only agent/docker may"},
		{"the runtime is Docker", "agent/docker/a.go", `import "github.com/docker/docker/client"`, ""},
		{"serf is behind gossip", "server/a.go", `import "github.com/hashicorp/serf/serf"`, "only gossip may"},
		{"raft is the node's", "server/node/a.go", `import "github.com/hashicorp/raft-boltdb/v2"`, ""},
		{"raft is not state's", "state/a.go", `import "github.com/hashicorp/raft"`, "only fsm, server/node, server/simulator may"},

		{"a new folder needs a rule", "sidecar/a.go", ``, "folder sidecar has no rule"},
		{"also when it has only tests", "sidecar/a_test.go", ``, "folder sidecar has no rule"},

		{"no clock", "fsm/a.go", `import "time"; func f() time.Time { return time.Now() }`, "must not call time.Now"},
		{"no clock under another name", "scheduler/a.go", `import clock "time"; func f() { clock.Sleep(1) }`, "must not call time.Sleep"},
		{"a time that was given is fine", "fsm/a.go", `import "time"; func f(t time.Time) time.Time { return t.Add(time.Second) }`, ""},
		{"the server has a clock", "server/a.go", `import "time"; func f() time.Time { return time.Now() }`, ""},
		{"no random", "scheduler/a.go", `import "math/rand/v2"`, "must not import math/rand/v2"},

		{"fake time has one door", "agent/a_test.go", `import "testing/synctest"; func f() { synctest.Test(nil, nil) }`, "call faketime.Test"},
		{"its other functions are anybody's", "agent/a_test.go", `import "testing/synctest"; func f() { synctest.Wait() }`, ""},

		{"no init", "control/a.go", `func init() {}`, "no func init()"},
		{"a method may be called init", "control/a.go", `type t struct{}; func (t) init() {}`, ""},
		{"a table is read", "state/a.go", `var names = map[int]string{1: "a"}; func f() string { return names[1] }`, ""},
		{"a table is not written", "state/a.go", `var names = map[int]string{}; func f() { names[1] = "a" }`, "package variable names changes"},
		{"nor deleted from", "state/a.go", `var names = map[int]string{}; func f() { delete(names, 1) }`, "package variable names changes"},
		{"a variable is not assigned", "state/a.go", `var n int; func f() { n++ }`, "package variable n changes"},
		{"nor handed out", "state/a.go", `var n int; func f() *int { return &n }`, "package variable n changes"},
		{"nor made to change", "state/a.go", `import "sync"; var mu sync.Mutex`, "package variable mu changes"},
		{"a local of that name may", "state/a.go", `var n int; func f(n int) int { n++; return n }`, ""},
		{"a field of that name may", "state/a.go", `var n int; type t struct{ n int }; func f(t *t) { t.n++ }`, ""},

		{"a long file", "control/a.go", strings.Repeat("\n", maxLines+1), "it holds two things"},
		{"a long test", "control/a_test.go", strings.Repeat("\n", maxLines+1), "it holds two things"},
		{"a long function", "control/a.go", "func f() {" + strings.Repeat("\n", maxFunction+1) + "}", "f has 61 lines"},
		{"a function with a long table", "control/a.go", "func f() []int { return []int{" + strings.Repeat("\n", maxFunction+1) + "} }", ""},
		{"a wide comment", "control/a.go", "//" + strings.Repeat(" x", 50), "102 columns"},
		{"a wide comment behind a tab", "control/a.go", "func f() {\n\t//" + strings.Repeat(" x", 49) + "\n}", "more than 100"},
		{"an address in a comment", "control/a.go", "// https://" + strings.Repeat("x", 100), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			reports := check(t, map[string]string{tc.path: "package p\n" + tc.source})
			switch {
			case tc.want == "" && len(reports) > 0:
				t.Errorf("reported %q", reports)
			case tc.want != "" && (len(reports) != 1 || !strings.Contains(reports[0], tc.want)):
				t.Errorf("reported %q, want one report with %q", reports, tc.want)
			}
		})
	}
}

// TestGeneratedFilesMayBeLong: nobody reads them from top to bottom.
func TestGeneratedFilesMayBeLong(t *testing.T) {
	source := "// Code generated by gen; DO NOT EDIT.\n\npackage p\n" + strings.Repeat("\n", maxLines)
	if reports := check(t, map[string]string{"structs/a.gen.go": source}); len(reports) > 0 {
		t.Errorf("reported %q", reports)
	}
}

// TestVariableOfAnotherFile: the variable and what changes it may be in two files of the package.
func TestVariableOfAnotherFile(t *testing.T) {
	reports := check(t, map[string]string{
		"state/a.go": "package p\nvar n int",
		"state/b.go": "package p\nfunc f() { n = 1 }",
	})
	if len(reports) != 1 || !strings.HasPrefix(reports[0], "state/b.go:2: package variable n changes") {
		t.Errorf("reported %q, want the assignment", reports)
	}
}

func check(t *testing.T, sources map[string]string) []string {
	t.Helper()
	var files []*file
	fset := token.NewFileSet()
	for path, source := range sources {
		f, err := parse(fset, path, []byte(source))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return slices.Concat(checkImports(files), checkPurity(files), checkSize(files), checkFakeTime(files))
}
