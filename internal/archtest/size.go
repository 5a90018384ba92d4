package archtest

import (
	"fmt"
	"go/ast"
	"strings"
	"unicode/utf8"
)

// checkSize reports files and functions that have grown too long, and comments that are too wide.
func checkSize(files []*file) []string {
	var wrong []string
	for _, f := range files {
		if f.generated() {
			continue
		}
		if f.lines > maxLines {
			wrong = append(wrong, fmt.Sprintf("%s has %d lines, more than %d: it holds two things; find them",
				f.path, f.lines, maxLines))
		}
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				if n := f.lengthOf(fn.Body); n > maxFunction {
					wrong = append(wrong, fmt.Sprintf("%s: %s has %d lines, more than %d: give its parts names",
						f.at(fn), fn.Name.Name, n, maxFunction))
				}
			}
		}
		wrong = append(wrong, f.wideComments()...)
	}
	return wrong
}

// lengthOf returns the number of lines of a function's body, not counting what is inside tables:
// literals of slices, arrays and maps.
func (f *file) lengthOf(body *ast.BlockStmt) int {
	n := f.span(body)
	ast.Inspect(body, func(x ast.Node) bool {
		literal, ok := x.(*ast.CompositeLit)
		if !ok {
			return true
		}
		switch literal.Type.(type) {
		case *ast.ArrayType, *ast.MapType:
			n -= f.span(literal)
			return false
		}
		return true
	})
	return n
}

// span returns the number of line ends inside a node.
func (f *file) span(n ast.Node) int {
	return f.fset.Position(n.End()).Line - f.fset.Position(n.Pos()).Line
}

// wideComments reports lines of comments that pass maxColumns. A line without a space to break it
// at may be as long as it must be: it holds an address.
func (f *file) wideComments() []string {
	var wrong []string
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			at := f.fset.Position(c.Pos())
			indent := (at.Column - 1) * tabColumns
			if !strings.HasPrefix(c.Text, "// ") || !f.alone(c) {
				continue
			}
			columns := indent + utf8.RuneCountInString(c.Text)
			if columns > maxColumns && strings.Contains(strings.TrimSpace(c.Text[2:]), " ") {
				wrong = append(wrong, fmt.Sprintf("%s:%d: the comment has %d columns, more than %d: wrap it",
					f.path, at.Line, columns, maxColumns))
			}
		}
	}
	return wrong
}

// alone reports whether a comment has its line to itself: nothing but tabs stand before it.
func (f *file) alone(c *ast.Comment) bool {
	start := f.fset.File(c.Pos()).LineStart(f.fset.Position(c.Pos()).Line)
	return strings.Trim(string(f.source[f.fset.Position(start).Offset:f.fset.Position(c.Pos()).Offset]), "\t") == ""
}
