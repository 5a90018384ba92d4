package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// checkPurity reports clocks and random numbers in the deterministic folders, and, in all
// production code, init functions and package variables that change.
func checkPurity(files []*file) []string {
	var wrong []string
	packages := map[string][]*file{}
	for _, f := range files {
		if f.isTest() {
			continue
		}
		if matches(f.folder(), deterministic) {
			wrong = append(wrong, checkDeterminism(f)...)
		}
		wrong = append(wrong, checkInit(f)...)
		packages[f.folder()] = append(packages[f.folder()], f)
	}
	for _, files := range packages {
		wrong = append(wrong, checkVariables(files)...)
	}
	return wrong
}

// checkDeterminism reports uses of the clock and imports of random.
func checkDeterminism(f *file) []string {
	var wrong []string
	timeName := ""
	for path, spec := range f.imports() {
		if slices.Contains(randomPackages, path) {
			wrong = append(wrong, fmt.Sprintf("%s: %s must not import %s: every server must come to the same result; "+
				"what is random is minted before the log", f.at(spec), f.folder(), path))
		}
		if path == "time" {
			timeName = "time"
			if spec.Name != nil {
				timeName = spec.Name.Name
			}
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := sel.X.(*ast.Ident); ok && timeName != "" && x.Name == timeName && slices.Contains(clockFuncs, sel.Sel.Name) {
			wrong = append(wrong, fmt.Sprintf("%s: %s must not call time.%s: every server must come to the same result; "+
				"the time comes with the command", f.at(sel), f.folder(), sel.Sel.Name))
		}
		return true
	})
	return wrong
}

func checkInit(f *file) []string {
	var wrong []string
	for _, decl := range f.ast.Decls {
		if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			wrong = append(wrong, fmt.Sprintf("%s: no func init(): what runs before main cannot be tested, ordered or left out", f.at(fn)))
		}
	}
	return wrong
}

// checkVariables reports package variables that the package itself changes: they are assigned,
// their address is taken, or their type exists to change (sync, atomic). Tables that are only read
// are fine.
func checkVariables(files []*file) []string {
	variables := packageVariables(files)
	var wrong []string
	for _, f := range files {
		blame := func(n ast.Node, name string) {
			wrong = append(wrong, fmt.Sprintf("%s: package variable %s changes: state belongs into a value that somebody owns", f.at(n), name))
		}
		for _, decl := range f.ast.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.VAR {
				continue
			}
			for _, spec := range gen.Specs {
				if v := spec.(*ast.ValueSpec); isSync(v.Type) {
					blame(v, v.Names[0].Name)
				}
			}
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			for _, target := range changed(n) {
				if id := root(target); id != nil && variables[id] {
					blame(n, id.Name)
				}
			}
			return true
		})
	}
	return wrong
}

// packageVariables returns every identifier in the package that refers to one of its package
// variables, and not to a local variable of the same name. Imports are left unresolved: that needs
// no compiled packages, and is enough here.
func packageVariables(files []*file) map[*ast.Ident]bool {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Error: func(error) {}, Importer: emptyImporter{}}
	var syntax []*ast.File
	for _, f := range files {
		syntax = append(syntax, f.ast)
	}
	// Errors are ignored: they are about unresolved imports.
	pkg, _ := config.Check(files[0].folder(), files[0].fset, syntax, info)
	found := map[*ast.Ident]bool{}
	for id, object := range info.Uses {
		if v, ok := object.(*types.Var); ok && v.Parent() == pkg.Scope() {
			found[id] = true
		}
	}
	return found
}

type emptyImporter struct{}

func (emptyImporter) Import(path string) (*types.Package, error) {
	pkg := types.NewPackage(path, path[strings.LastIndex(path, "/")+1:])
	pkg.MarkComplete()
	return pkg, nil
}

// isSync reports whether a declared type is from sync or sync/atomic.
func isSync(t ast.Expr) bool {
	switch t := t.(type) {
	case *ast.IndexExpr:
		return isSync(t.X)
	case *ast.SelectorExpr:
		x, ok := t.X.(*ast.Ident)
		return ok && (x.Name == "sync" || x.Name == "atomic")
	}
	return false
}

// changed returns the expressions that a node changes, or hands out to be changed.
func changed(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			return []ast.Expr{n.X}
		}
	case *ast.CallExpr:
		if fn, ok := n.Fun.(*ast.Ident); ok && len(n.Args) > 0 && slices.Contains([]string{"delete", "clear", "copy"}, fn.Name) {
			return n.Args[:1]
		}
	}
	return nil
}

// root returns the variable that x.y[z] is a part of.
func root(e ast.Expr) *ast.Ident {
	switch e := e.(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return root(e.X)
	case *ast.IndexExpr:
		return root(e.X)
	case *ast.ParenExpr:
		return root(e.X)
	case *ast.StarExpr:
		return root(e.X)
	}
	return nil
}
