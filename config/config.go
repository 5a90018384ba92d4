// Package config fills in the flags of a command from the environment and from files. The flags are
// the one list of what can be set: a variable is GANTRY_ and a flag's name in capitals, a key of a
// file is its name, each with underscores for dashes.
//
// The command line wins over the environment, that over files, and files over defaults. Call
// Environment before Files.
package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"
)

// Names of the annotations of a flag.
const (
	variableNote = "gantry-variable" // a second name in the environment
	// the flag takes NAME=VALUE; this is the key of its object in files
	mapNote    = "gantry-map"
	sourceNote = "gantry-source" // where the value came from, unless from the command line
)

// AddVariable gives a flag a second name in the environment.
func AddVariable(flags *pflag.FlagSet, flag, variable string) {
	note(flags.Lookup(flag), variableNote, variable)
}

// IsMap says that a list of NAME=VALUE is an object of that key in files.
func IsMap(flags *pflag.FlagSet, flag, key string) { note(flags.Lookup(flag), mapNote, key) }

func note(f *pflag.Flag, name, value string) {
	if f.Annotations == nil {
		f.Annotations = map[string][]string{}
	}
	f.Annotations[name] = []string{value}
}

func noted(f *pflag.Flag, name string) string {
	if values := f.Annotations[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// Variables are the names of a flag in the environment, the one that wins first.
func Variables(f *pflag.Flag) []string {
	names := []string{"GANTRY_" + strings.ToUpper(underscored(f.Name))}
	if second := noted(f, variableNote); second != "" {
		names = append(names, second)
	}
	return names
}

// Key is the name of a flag in files.
func Key(f *pflag.Flag) string {
	if key := noted(f, mapNote); key != "" {
		return key
	}
	return underscored(f.Name)
}

func underscored(name string) string { return strings.ReplaceAll(name, "-", "_") }

// Environment sets the flags that the command line did not. A variable that is empty says nothing.
func Environment(flags *pflag.FlagSet, getenv func(string) string) error {
	var problem error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "help" || problem != nil {
			return
		}
		for _, variable := range Variables(f) {
			if text := getenv(variable); text != "" {
				texts := []string{text}
				if _, list := f.Value.(pflag.SliceValue); list {
					texts = comma.Split(text, -1)
				}
				if err := set(f, texts, variable+" in the environment"); err != nil {
					problem = fmt.Errorf("%s in the environment: %q is not what --%s takes, %s", variable, text, f.Name, kindOf(f).plain)
				}
				return
			}
		}
	})
	return problem
}

// set gives a flag its value, from a source for people to find it by.
func set(f *pflag.Flag, texts []string, source string) error {
	var err error
	if list, ok := f.Value.(pflag.SliceValue); ok {
		err = list.Replace(texts)
	} else {
		err = f.Value.Set(texts[0])
	}
	if err == nil {
		f.Changed = true
		note(f, sourceNote, source)
	}
	return err
}

// Typed says whether a flag was given on the command line itself.
func Typed(flags *pflag.FlagSet, flag string) bool {
	f := flags.Lookup(flag)
	return f.Changed && noted(f, sourceNote) == ""
}

var comma = regexp.MustCompile(`\s*,\s*`)

var aboutFlag = regexp.MustCompile(`^--([a-z-]+)`)

// Explain adds to an error that begins with a flag where the value of the flag was found, unless on
// the command line.
func Explain(flags *pflag.FlagSet, err error) error {
	if err == nil {
		return nil
	}
	about := aboutFlag.FindStringSubmatch(err.Error())
	if about == nil {
		return err
	}
	if f := flags.Lookup(about[1]); f != nil && noted(f, sourceNote) != "" {
		return fmt.Errorf("%w (%s)", err, noted(f, sourceNote))
	}
	return err
}
