package archtest

import (
	"fmt"
	"go/ast"
)

// checkFakeTime reports tests that start a bubble past testutil/faketime, which keeps the race
// detector from crashing.
func checkFakeTime(files []*file) []string {
	var wrong []string
	for _, f := range files {
		if f.folder() == "testutil/faketime" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == "synctest" && sel.Sel.Name == "Test" {
				wrong = append(wrong, fmt.Sprintf("%s: call faketime.Test: synctest.Test crashes the race detector now and then", f.at(sel)))
			}
			return true
		})
	}
	return wrong
}
