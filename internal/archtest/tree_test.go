package archtest

import (
	"slices"
	"strings"
	"testing"
)

// TestTree checks the source of this module against the rules.
func TestTree(t *testing.T) {
	files, err := readTree("../..")
	if err != nil {
		t.Fatal(err)
	}
	for name, check := range map[string]func([]*file) []string{
		"imports": checkImports, "purity": checkPurity, "size": checkSize, "fake time": checkFakeTime,
	} {
		t.Run(name, func(t *testing.T) {
			for _, wrong := range slices.Sorted(slices.Values(check(files))) {
				t.Error(wrong)
			}
		})
	}
}

// TestRulesNameFolders finds a rule that lets a folder import another one that has no rule itself,
// which is a slip in the table.
func TestRulesNameFolders(t *testing.T) {
	for _, rule := range folderRules {
		for _, name := range rule.imports {
			if _, ok := ruleOf(name); !ok && name != "..." {
				t.Errorf("the rule of %s names %s, which has none", rule.folder, name)
			}
		}
	}
}

// TestRulesAreUsed finds rules for folders that do not exist, and permissions that no file needs.
func TestRulesAreUsed(t *testing.T) {
	files, err := readTree("../..")
	if err != nil {
		t.Fatal(err)
	}
	exists, used := map[string]bool{}, map[string]bool{} // by rule; by rule and permission
	for _, f := range files {
		rule, _ := ruleOf(f.folder())
		exists[rule.folder] = true
		if f.isTest() {
			continue
		}
		for path := range f.imports() {
			folder, _ := strings.CutPrefix(path, module+"/")
			for _, name := range rule.imports {
				if matches(folder, []string{name}) {
					used[rule.folder+" "+name] = true
				}
			}
		}
	}
	for _, rule := range folderRules {
		if !exists[rule.folder] {
			t.Errorf("there is a rule for %s, and no such folder", rule.folder)
		}
		for _, name := range rule.imports {
			if name != "..." && !used[rule.folder+" "+name] {
				t.Errorf("%s may import %s, and no file does: take the permission out", rule.folder, name)
			}
		}
	}
}
