package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// checkImports reports imports that no rule allows, and folders that have no rule.
func checkImports(files []*file) []string {
	var wrong []string
	unknown := map[string]bool{}
	for _, f := range files {
		rule, ok := ruleOf(f.folder())
		if !ok {
			if !unknown[f.folder()] {
				unknown[f.folder()] = true
				wrong = append(wrong, fmt.Sprintf("folder %s has no rule. If the design has a place for it, say in "+
					"internal/archtest/rules.go what it may import and why, and what it is in docs/architecture.md", f.folder()))
			}
			continue
		}
		if !f.isTest() {
			wrong = append(wrong, checkFile(f, rule)...)
		}
	}
	return wrong
}

func ruleOf(folder string) (folderRule, bool) {
	i := slices.IndexFunc(folderRules, func(r folderRule) bool { return matches(folder, []string{r.folder}) })
	if i < 0 {
		return folderRule{}, false
	}
	return folderRules[i], true
}

func checkFile(f *file, rule folderRule) []string {
	var wrong []string
	free := matches("anywhere", rule.imports)
	for path, spec := range f.imports() {
		if folder, ours := strings.CutPrefix(path, module+"/"); ours {
			if !matches(folder, rule.imports) {
				wrong = append(wrong, fmt.Sprintf("%s: %s must not import %s, only %s: %s",
					f.at(spec), f.folder(), folder, nameList(rule.imports), rule.why))
			}
			continue
		}
		if matches(rule.folder, []string{"structs", "structs/..."}) && strings.Contains(strings.Split(path, "/")[0], ".") {
			wrong = append(wrong, fmt.Sprintf("%s: %s must not import %s, only the standard library: %s", f.at(spec), f.folder(), path, rule.why))
		}
		for _, m := range moduleRules {
			if strings.HasPrefix(path, m.prefix) && !matches(f.folder(), m.folders) && !free {
				wrong = append(wrong, fmt.Sprintf("%s: %s must not import %s, only %s may: %s",
					f.at(spec), f.folder(), path, nameList(m.folders), m.why))
			}
		}
	}
	return wrong
}

func nameList(names []string) string {
	if len(names) == 0 {
		return "nothing of this module"
	}
	return strings.Join(names, ", ")
}
