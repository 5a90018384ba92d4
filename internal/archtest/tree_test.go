package archtest

import (
	"slices"
	"testing"
)

// TestTree holds the rules against the source of this module.
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

// TestRulesNameFolders finds a rule that lets a folder import one which has no rule itself: a slip in the table.
func TestRulesNameFolders(t *testing.T) {
	for _, rule := range folderRules {
		for _, name := range rule.imports {
			if _, ok := ruleOf(name); !ok && name != "..." {
				t.Errorf("the rule of %s names %s, which has none", rule.folder, name)
			}
		}
	}
}
