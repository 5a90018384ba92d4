package config

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

// command returns the flags of a command that takes every kind.
func command(t *testing.T, args ...string) *pflag.FlagSet {
	t.Helper()
	f := pflag.NewFlagSet("test", pflag.ContinueOnError)
	f.String("zone", "none", "")
	f.Int("http-port", 5747, "")
	f.Bool("insecure", false, "")
	f.Duration("timeout", time.Minute, "")
	f.StringSlice("join", nil, "")
	f.StringArray("attribute", nil, "")
	f.StringSlice("config", nil, "")
	IsMap(f, "attribute", "attributes")
	AddVariable(f, "zone", "GANTRY_AZ")
	if err := f.Parse(args); err != nil {
		t.Fatal(err)
	}
	return f
}

// files writes files by name and returns their directory.
func files(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func wants(t *testing.T, f *pflag.FlagSet, values map[string]string) {
	t.Helper()
	for name, want := range values {
		if got := f.Lookup(name).Value.String(); got != want {
			t.Errorf("--%s is %s, want %s", name, got, want)
		}
	}
}

// The command line wins over the environment, the environment over files, a later file over an
// earlier one, and files over defaults.
func TestPrecedence(t *testing.T) {
	dir := files(t, map[string]string{
		"20.hcl":  "zone = \"file\"\nhttp_port = 2\njoin = [\"a\", \"b:1\"]\nattributes = { disk = \"ssd\", arch = \"arm, or so\" }",
		"30.json": `{"http_port": 3, "timeout": "15m", "insecure": true}`,
		"10.hcl":  "http_port = 1\njoin = [\"z\"]",
		"40.txt":  "no = such",
	})
	environment := map[string]string{"GANTRY_AZ": "environment", "GANTRY_JOIN": "", "GANTRY_TIMEOUT": "2s"}
	fill := func(args ...string) *pflag.FlagSet {
		f := command(t, args...)
		if err := errors.Join(Environment(f, func(name string) string { return environment[name] }), Files(f, []string{dir})); err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := fill()
	wants(t, f, map[string]string{"zone": "environment", "timeout": "2s", "http-port": "3", "insecure": "true", "join": "[a,b:1]"})
	if list, _ := f.GetStringArray("attribute"); !slices.Equal(list, []string{"arch=arm, or so", "disk=ssd"}) {
		t.Errorf("attributes: %q", list)
	}
	environment["GANTRY_ZONE"], environment["GANTRY_JOIN"], environment["GANTRY_ATTRIBUTE"] = "first name", "x, y", "a=1,b=2"
	f = fill("--http-port", "9")
	wants(t, f, map[string]string{"zone": "first name", "http-port": "9", "join": "[x,y]", "attribute": "[a=1,b=2]"})
	if !Typed(f, "http-port") || Typed(f, "zone") || Typed(f, "insecure") {
		t.Error("what was given on the command line is not told from the rest")
	}
}

// Each mistake is reported with its place and what to write instead.
func TestWrongFiles(t *testing.T) {
	for name, test := range map[string]struct {
		file, text string
		says       []string
	}{
		"unknown key": {"a.hcl", "zone = \"a\"\nzones = 1", []string{"a.hcl:2", "zones", "attributes, http_port, insecure, join, timeout, zone"}},
		"kinds": {"a.hcl", "zone = 1\nhttp_port = \"x\"\njoin = \"a\"\ninsecure = \"no\"\ntimeout = 5\nattributes = [\"a\"]", []string{
			"a.hcl:1: zone: the number 1", `a.hcl:2: http_port: the text "x"`, "http_port = 3", "a.hcl:3: join", `join = ["one", "two"]`, "a.hcl:4", "insecure = true",
			"a.hcl:5", `timeout = "15m"`, "a.hcl:6", `attributes = { name = "value" }`,
		}},
		"a fraction":      {"a.json", "{\n\"http_port\": 1.5}", []string{"a.json:2", "http_port", "1.5"}},
		"null":            {"a.json", `{"zone": null}`, []string{"a.json:1: zone: null"}},
		"not a duration":  {"a.hcl", `timeout = "soon"`, []string{"a.hcl:1: timeout", "soon"}},
		"an attribute":    {"a.hcl", `attributes = { rack = 7 }`, []string{"a.hcl:1", "the number 7 of rack", `rack = "value"`}},
		"a variable":      {"a.hcl", "zone = home", []string{"a.hcl:1: zone", "Variables not allowed", `zone = "text"`}},
		"a block":         {"a.hcl", "\nserver {\n}", []string{"a.hcl:2", "server", "http_port = 5747"}},
		"not HCL":         {"a.hcl", "zone = [\n", []string{"a.hcl:"}},
		"not JSON":        {"a.json", "zone = 1", []string{"a.json:1"}},
		"files in a file": {"a.hcl", `config = ["b.hcl"]`, []string{"a.hcl:1", "there is no key config"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := Files(command(t), []string{files(t, map[string]string{test.file: test.text})})
			if err == nil {
				t.Fatal("taken")
			}
			for _, want := range test.says {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("says nothing of %q:\n%v", want, err)
				}
			}
		})
	}
	if err := Files(command(t), []string{"/no/such.hcl"}); err == nil || !strings.Contains(err.Error(), "--config") {
		t.Errorf("a file that is not there: %v", err)
	}
	err := Environment(command(t), func(name string) string { return map[string]string{"GANTRY_HTTP_PORT": "x"}[name] })
	if err == nil || !strings.Contains(err.Error(), `GANTRY_HTTP_PORT in the environment: "x"`) || !strings.Contains(err.Error(), "a whole number") {
		t.Errorf("a wrong variable: %v", err)
	}
}

// An error about a flag says where its value came from.
func TestExplain(t *testing.T) {
	f := command(t, "--http-port", "1")
	dir := files(t, map[string]string{"a.hcl": "\nzone = \"x\""})
	if err := Files(f, []string{dir}); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"--zone: no such":      "--zone: no such (zone in " + filepath.Join(dir, "a.hcl") + ":2)",
		"--http-port: no such": "--http-port: no such", "--other: no such": "--other: no such", "no such": "no such",
	} {
		if got := Explain(f, errors.New(text)).Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A changed file counts if nothing that wins over files sets the flag.
func TestReread(t *testing.T) {
	dir := files(t, map[string]string{"a.hcl": `zone = "before"`})
	path := filepath.Join(dir, "a.hcl")
	plain, typed, told := command(t), command(t, "--zone", "typed"), command(t)
	if err := Environment(told, func(name string) string { return map[string]string{"GANTRY_ZONE": "told"}[name] }); err != nil {
		t.Fatal(err)
	}
	for _, f := range []*pflag.FlagSet{plain, typed, told} {
		if err := Files(f, []string{path}); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{`zone = "after"`, "", "zone = 7"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Reread(plain, []string{path}, "zone")
		if want := map[string]string{`zone = "after"`: "after", "": "none"}[text]; got != want || (err != nil) != (want == "") {
			t.Errorf("%s: got %q, %v", text, got, err)
		}
		for want, f := range map[string]*pflag.FlagSet{"typed": typed, "told": told} {
			if got, err := Reread(f, []string{path}, "zone"); err == nil && got != want {
				t.Errorf("%s: got %q, want %q", text, got, want)
			}
		}
	}
}
