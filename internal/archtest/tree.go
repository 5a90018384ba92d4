package archtest

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A file is one Go source file of this module.
type file struct {
	path   string // from the root of the module, with slashes
	source []byte
	lines  int
	ast    *ast.File
	fset   *token.FileSet
}

func (f *file) folder() string  { return filepath.ToSlash(filepath.Dir(f.path)) }
func (f *file) isTest() bool    { return strings.HasSuffix(f.path, "_test.go") }
func (f *file) generated() bool { return ast.IsGenerated(f.ast) }

// at returns the place of a node, to be printed before what is wrong with it.
func (f *file) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.path, f.fset.Position(n.Pos()).Line)
}

// imports returns the paths that the file imports.
func (f *file) imports() map[string]*ast.ImportSpec {
	paths := map[string]*ast.ImportSpec{}
	for _, spec := range f.ast.Imports {
		if path, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths[path] = spec
		}
	}
	return paths
}

// parse reads one file; those of one package must share a FileSet.
func parse(fset *token.FileSet, path string, source []byte) (*file, error) {
	syntax, err := parser.ParseFile(fset, path, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &file{path: path, source: source, lines: bytes.Count(source, []byte("\n")), ast: syntax, fset: fset}, nil
}

// readTree parses every Go file below root, whatever its build tags.
func readTree(root string) ([]*file, error) {
	var files []*file
	fset := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f, err := parse(fset, filepath.ToSlash(rel), source)
		if err != nil {
			return err
		}
		files = append(files, f)
		return nil
	})
	return files, err
}

// matches reports whether a list names a folder; in the list, x/... is everything below x, and ...
// is everything.
func matches(folder string, list []string) bool {
	return slices.ContainsFunc(list, func(name string) bool {
		below, all := strings.CutSuffix(name, "...")
		return name == folder || all && strings.HasPrefix(folder, below)
	})
}
