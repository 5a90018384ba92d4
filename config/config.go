// Package config fills in the flags of a command from the environment and from files. The flags are
// the only list of settings: a flag's environment variable is GANTRY_ and its name in capitals, its
// key in files is its name, both with underscores for dashes.
//
// The command line wins over the environment, the environment over files, and files over defaults.
// Call Environment before Files.
package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"
)

// The annotations of a flag.
const (
	variableNote = "gantry-variable" // a second name in the environment
	// the flag takes NAME=VALUE; in files that is an object with this key
	mapNote    = "gantry-map"
	sourceNote = "gantry-source" // where the value came from, if not from the command line
)

// AddVariable gives a flag a second name in the environment.
func AddVariable(flags *pflag.FlagSet, flag, variable string) {
	note(flags.Lookup(flag), variableNote, variable)
}

// IsMap marks a flag that takes a list of NAME=VALUE, which in files is an object with that key.
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

// Variables returns the names of a flag in the environment, the one that wins first.
func Variables(f *pflag.Flag) []string {
	names := []string{"GANTRY_" + strings.ToUpper(underscored(f.Name))}
	if second := noted(f, variableNote); second != "" {
		names = append(names, second)
	}
	return names
}

// Key returns the name of a flag in files.
func Key(f *pflag.Flag) string {
	if key := noted(f, mapNote); key != "" {
		return key
	}
	return underscored(f.Name)
}

func underscored(name string) string { return strings.ReplaceAll(name, "-", "_") }

// Environment sets the flags that the command line did not. Empty variables are ignored.
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

// set gives a flag its value, and notes the source for error messages.
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

// Typed reports whether a flag was given on the command line itself.
func Typed(flags *pflag.FlagSet, flag string) bool {
	f := flags.Lookup(flag)
	return f.Changed && noted(f, sourceNote) == ""
}

var comma = regexp.MustCompile(`\s*,\s*`)

var aboutFlag = regexp.MustCompile(`^--([a-z-]+)`)

// Explain completes an error that begins with a flag: it adds where the flag's value was found, if
// not on the command line.
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
