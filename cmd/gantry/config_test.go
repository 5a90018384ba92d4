package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gantry-project/gantry/config"
)

// Within a command, no two flags have the same name in files or in the environment.
func TestNamesInTheEnvironment(t *testing.T) {
	var look func(*cobra.Command)
	look = func(cmd *cobra.Command) {
		taken := map[string]string{}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			for _, name := range append(config.Variables(f), config.Key(f)) {
				if taken[name] != "" {
					t.Errorf("%s: --%s and --%s are both %s", cmd.CommandPath(), f.Name, taken[name], name)
				}
				taken[name] = f.Name
			}
		})
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(rootCommand())
}

// Files are checked by the rules of the command that takes them, and errors name file and line.
func TestConfigValidate(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"server.hcl": "data_dir = \"/x\"\nbind = \"10.0.0.1\"\nbootstrap_expect = 3\nsecret_file = \"/k\"", "join.hcl": `join = ["10.0.0.2"]`,
		"agent.json": `{"data_dir": "/x", "bind": "10.0.0.1", "join": ["10.0.0.2"], "secret_file": "/k", "attributes": {"disk": "ssd"}}`,
		"even.hcl":   "\nbootstrap_expect = 4", "level.hcl": `log_level = "loud"`,
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ name, says string }{{"server.hcl", "gantry server would start"}, {"agent.json", "gantry agent would start"}} {
		out, err := gantry(t, "config", "validate", test.name, "join.hcl")
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		says(t, out, test.says)
	}
	for _, test := range []struct {
		args []string
		says []string
	}{
		{[]string{"server.hcl", "even.hcl", "--role", "server"}, []string{"--bootstrap-expect: 4", "bootstrap_expect in even.hcl:2"}},
		{[]string{"agent.json", "level.hcl"}, []string{"gantry agent", "--log-level", "level.hcl:1", "gantry server", "agent.json:1: there is no key attributes"}},
		{[]string{"join.hcl", "--role", "agent"}, []string{"--data-dir is required"}},
		{[]string{"join.hcl", "--role", "x"}, []string{"--role", "server nor agent"}},
		{[]string{filepath.Join("no", "such.hcl")}, []string{"no/such.hcl"}},
	} {
		_, err := gantry(t, append([]string{"config", "validate"}, test.args...)...)
		if err == nil {
			t.Errorf("%v: taken", test.args)
			continue
		}
		says(t, err.Error(), test.says...)
	}
	t.Setenv("GANTRY_CONFIG", "server.hcl,even.hcl")
	if _, err := gantry(t, "server"); err == nil {
		t.Error("a server starts with --bootstrap-expect 4")
	} else {
		says(t, err.Error(), "bootstrap_expect in even.hcl:2")
	}
}

// The environment of a machine is meant for its agent and server. It does not keep other commands
// from running.
func TestPlanInAnAgentsEnvironment(t *testing.T) {
	t.Setenv("GANTRY_ZONE", "a")
	t.Setenv("GANTRY_ADDR", "127.0.0.1:1")
	_, err := gantry(t, "plan", "--lose-zone", "a")
	says(t, err.Error(), "no Gantry server answers")
	_, err = gantry(t, "plan", "--lose-zone", "a", "--zone", "b")
	says(t, err.Error(), "--zone describes instances to add")
}
