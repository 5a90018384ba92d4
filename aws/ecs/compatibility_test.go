package ecs

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// compatibilityPage is for people who use Gantry in place of ECS. The part between the marks is
// generated from testdata/members.txt.
const compatibilityPage = "../../docs/ecs-compatibility.md"

const (
	membersBegin = "<!-- Written by go test ./aws/ecs -run Compatibility -update from testdata/members.txt. -->\n"
	membersEnd   = "<!-- End of the generated part. -->\n"
)

func TestCompatibilityPage(t *testing.T) {
	raw, err := os.ReadFile(compatibilityPage)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, begins := strings.Cut(string(raw), membersBegin)
	is, tail, ends := strings.Cut(rest, membersEnd)
	if !begins || !ends {
		t.Fatalf("%s lacks the marks %q and %q", compatibilityPage, membersBegin, membersEnd)
	}
	want := membersChapter(readModel(t), readMembers(t))
	if *update {
		if err := os.WriteFile(compatibilityPage, []byte(head+membersBegin+want+membersEnd+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if is != want {
		t.Errorf("%s does not match testdata/members.txt; run go test ./aws/ecs -run Compatibility -update", compatibilityPage)
	}
}

// TestReadmeCountsOperations checks the number of operations in README.md against the table of
// actions.
func TestReadmeCountsOperations(t *testing.T) {
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("%d of its %d operations", len(actions(nil)), len(API.Operations))
	if !strings.Contains(string(raw), want) {
		t.Errorf("README.md does not say %q", want)
	}
}

// membersChapter writes the operations, and a table for each verdict except honoured.
func membersChapter(m *apiModel, shapes map[string]*memberShape) string {
	var b strings.Builder
	built := slices.Sorted(maps.Keys(actions(nil)))
	var missing []string
	for operation := range API.Operations {
		if !slices.Contains(built, operation) {
			missing = append(missing, operation)
		}
	}
	slices.Sort(missing)
	fmt.Fprintf(&b, "\n## Operations\n\nOf ECS's %d operations %d are built: %s.\n\nThe others answer `UnsupportedFeatureException` with their name: %s.\n",
		len(API.Operations), len(built), strings.Join(built, ", "), strings.Join(missing, ", "))
	for _, table := range []struct{ verdict, title, text string }{
		{refused, "Refused", "A request with one of these is refused, in words that name the member. Values that ask for nothing (`false`, `enable: false`, an\nempty list) are accepted."},
		{late, "Registered, but not run", "A task definition with one of these can be registered, described and compared as in ECS. RunTask, StartTask, CreateService,\nUpdateService and CreateTaskSet refuse it, and RunTask and StartTask refuse it in `overrides`, in words that name the member."},
		{kept, "Returned, but without effect", "These are accepted and come back unchanged. They have no effect, for the reason given."},
		{ignored, "Accepted, but without effect", "These are accepted and do not come back."},
	} {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n| member | of | note |\n|---|---|---|\n", table.title, table.text)
		for _, row := range memberRows(m, shapes, table.verdict) {
			b.WriteString(row)
		}
	}
	b.WriteString("\nEvery other member of the operations that are built is honoured. Members that only other parts of the API have, such as those of answers, are ignored, as ECS does. Any other unknown member is\nrefused by name unless it is empty: it may be newer than Gantry, or mistyped.\n\n")
	return b.String()
}

// memberRows returns the rows of a table in the order of their members. Operations that treat the
// same member in the same way share a row.
func memberRows(m *apiModel, shapes map[string]*memberShape, verdict string) []string {
	type row struct{ member, note string }
	of := map[row][]string{}
	found := places(m, shapes)
	for name, s := range shapes {
		for _, l := range s.lines {
			if l.verdict != verdict {
				continue
			}
			for _, p := range found[name] {
				if verdict == late && p.operation != "RegisterTaskDefinition" {
					continue // explained above the table
				}
				r := row{"`" + p.path(m, l.member) + "` " + shownValue(s, l), l.note}
				if !slices.Contains(of[r], p.operation) {
					of[r] = append(of[r], p.operation)
				}
			}
		}
	}
	var out []string
	for r, operations := range of {
		slices.Sort(operations)
		out = append(out, fmt.Sprintf("| %s | %s | %s |\n", strings.TrimSpace(r.member), strings.Join(operations, ", "), r.note))
	}
	slices.Sort(out)
	return out
}

// shownValue returns the value of a line if other values of the member are treated differently;
// empty if all are treated alike.
func shownValue(s *memberShape, l memberLine) string {
	if len(s.linesOf(l.member)) == 1 {
		return ""
	}
	return "`" + string(l.value) + "`"
}
