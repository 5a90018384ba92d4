package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/spf13/pflag"
)

// A setting is what files say about one flag.
type setting struct {
	flag  *pflag.Flag
	texts []string
	at    string // file:line
}

// Files sets the flags that neither the command line nor the environment did. A path is a file in
// HCL, or in JSON if its name ends in .json, or a directory of such files, which are read in the
// order of their names. A key in a later file replaces the same key in earlier ones. The error
// names every mistake with its place.
func Files(flags *pflag.FlagSet, paths []string) error {
	settings, err := read(flags, paths)
	if err != nil {
		return err
	}
	for key, s := range settings {
		if s.flag.Changed {
			continue
		}
		if err := set(s.flag, s.texts, key+" in "+s.at); err != nil {
			return fmt.Errorf("%s: %s: %w", s.at, key, err)
		}
	}
	return nil
}

// Reread returns the value that a flag would have if its command started now: files may have
// changed.
func Reread(flags *pflag.FlagSet, paths []string, flag string) (string, error) {
	settings, err := read(flags, paths)
	if err != nil {
		return "", err
	}
	f := flags.Lookup(flag)
	elsewhere := Typed(flags, flag) || strings.HasSuffix(noted(f, sourceNote), " in the environment")
	if s, ok := settings[Key(f)]; ok && !elsewhere {
		return s.texts[0], nil
	}
	if elsewhere {
		return f.Value.String(), nil
	}
	return f.DefValue, nil
}

// read returns what files say, by key.
func read(flags *pflag.FlagSet, paths []string) (map[string]setting, error) {
	known := map[string]*pflag.Flag{}
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" && f.Name != "config" {
			known[Key(f)] = f
		}
	})
	settings := map[string]setting{}
	var problems []error
	for _, file := range expand(paths) {
		attributes, err := parse(file)
		problems = append(problems, err)
		for _, a := range attributes {
			at := fmt.Sprintf("%s:%d", file, a.NameRange.Start.Line)
			f := known[a.Name]
			if f == nil {
				problems = append(problems, fmt.Errorf("%s: there is no key %s; the keys are: %s", at, a.Name, list(known)))
				continue
			}
			texts, err := textsOf(f, a)
			if err != nil {
				problems = append(problems, fmt.Errorf("%s: %s: %w", at, a.Name, err))
				continue
			}
			settings[a.Name] = setting{f, texts, at}
		}
	}
	return settings, errors.Join(problems...)
}

func list(known map[string]*pflag.Flag) string {
	var keys []string
	for key := range known {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return strings.Join(keys, ", ")
}

// expand replaces directories by the files in them.
func expand(paths []string) (files []string) {
	for _, path := range paths {
		entries, err := os.ReadDir(path)
		if err != nil {
			files = append(files, path) // not a directory; if it cannot be read, parse says why
			continue
		}
		for _, e := range entries { // by name
			if name := e.Name(); !strings.HasPrefix(name, ".") && (filepath.Ext(name) == ".hcl" || filepath.Ext(name) == ".json") {
				files = append(files, filepath.Join(path, name))
			}
		}
	}
	return files
}

// parse returns the keys of a file in the order of its lines.
func parse(file string) ([]*hcl.Attribute, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("--config: %w", err)
	}
	parser := hclparse.NewParser()
	read := parser.ParseHCL
	if filepath.Ext(file) == ".json" {
		read = parser.ParseJSON
	}
	parsed, wrong := read(text, file)
	if wrong.HasErrors() {
		return nil, explain(file, wrong)
	}
	attributes, wrong := parsed.Body.JustAttributes()
	var sorted []*hcl.Attribute
	for _, a := range attributes {
		sorted = append(sorted, a)
	}
	slices.SortFunc(sorted, func(a, b *hcl.Attribute) int { return a.NameRange.Start.Byte - b.NameRange.Start.Byte })
	return sorted, explain(file, wrong)
}

// explain rewords the parser's errors: file:line comes first.
func explain(file string, wrong hcl.Diagnostics) error {
	var problems []error
	for _, d := range wrong {
		at := file
		if d.Subject != nil {
			at = fmt.Sprintf("%s:%d", file, d.Subject.Start.Line)
		}
		problems = append(problems, fmt.Errorf("%s: %s: %s (keys look like http_port = 5747)", at, d.Summary, strings.Join(strings.Fields(d.Detail), " ")))
	}
	return errors.Join(problems...)
}
