package archtest

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what folders may import to docs/architecture.md")

// architecturePage has a table of all folders. Its last column is written from the rules.
const architecturePage = "../../docs/architecture.md"

const (
	tableBegin = "<!-- The last column is written by go test ./internal/archtest -run Page -update. -->\n"
	tableEnd   = "<!-- End of the folders. -->\n"
)

// TestPage holds the table of folders against the rules and the tree.
func TestPage(t *testing.T) {
	raw, err := os.ReadFile(architecturePage)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, begins := strings.Cut(string(raw), tableBegin)
	is, tail, ends := strings.Cut(rest, tableEnd)
	if !begins || !ends {
		t.Fatalf("%s lacks the marks %q and %q", architecturePage, tableBegin, tableEnd)
	}
	want, shown, err := fillTable(is)
	if err != nil {
		t.Fatalf("%s: %v", architecturePage, err)
	}
	if *update {
		if err := os.WriteFile(architecturePage, []byte(head+tableBegin+want+tableEnd+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if is != want {
		t.Errorf("%s is not what rules.go says; run go test ./internal/archtest -run Page -update", architecturePage)
	}

	files, err := readTree("../..")
	if err != nil {
		t.Fatal(err)
	}
	var there []string
	for _, f := range files {
		there = append(there, f.folder())
	}
	for _, folder := range slices.Compact(slices.Sorted(slices.Values(there))) {
		if !slices.Contains(shown, folder) {
			t.Errorf("the table of %s has no row for %s", architecturePage, folder)
		}
	}
	for _, folder := range shown {
		if !slices.Contains(there, folder) {
			t.Errorf("the table of %s has a row for %s, which does not exist", architecturePage, folder)
		}
	}
}

var inBackticks = regexp.MustCompile("`([^`]+)`")

// fillTable returns the table with its last column written from the rules, and the folders in it.
func fillTable(table string) (filled string, folders []string, err error) {
	var b strings.Builder
	for _, line := range strings.SplitAfter(table, "\n") {
		cells := strings.Split(line, " | ")
		names := inBackticks.FindAllStringSubmatch(cells[0], -1)
		if len(names) == 0 {
			b.WriteString(line) // the head, the rule below it, the end
			continue
		}
		var may string
		for i, name := range names {
			rule, ok := ruleOf(name[1])
			if !ok {
				return "", nil, fmt.Errorf("no rule in rules.go is for %s", name[1])
			}
			says := mayImport(name[1], rule)
			if i > 0 && says != may {
				return "", nil, fmt.Errorf("%s may import other things than the folders before it in its row: give it a row of its own", name[1])
			}
			may, folders = says, append(folders, name[1])
		}
		fmt.Fprintf(&b, "%s | %s |\n", strings.Join(cells[:2], " | "), may)
	}
	return b.String(), folders, nil
}

// mayImport returns, in words, what a folder may import: folders of this module, and the modules
// that only few folders may import.
func mayImport(folder string, rule folderRule) string {
	if slices.Equal(rule.imports, anything) {
		return "anything"
	}
	may := slices.Clone(rule.imports)
	for _, m := range moduleRules {
		if matches(folder, m.folders) {
			may = append(may, m.prefix)
		}
	}
	if len(may) == 0 {
		return "nothing of this module"
	}
	return "`" + strings.Join(may, "`, `") + "`"
}
