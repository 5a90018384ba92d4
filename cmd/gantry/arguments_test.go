package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// wrong runs a command line that must fail with an error that contains all of says, without
// printing help.
func wrong(t *testing.T, args string, say ...string) {
	t.Helper()
	words := strings.Fields(args)
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, "''", "")
	}
	out, err := gantry(t, words...)
	if err == nil {
		t.Errorf("gantry %s: no error: %s", args, out)
		return
	}
	for _, s := range say {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("gantry %s: %v, without %q", args, err, s)
		}
	}
	if out != "" {
		t.Errorf("gantry %s prints %s", args, out)
	}
}

func TestUnknownCommands(t *testing.T) {
	for args, says := range map[string]string{
		"task stop x":         `unknown command "stop" for "gantry task"; the nearest: exec, logs, `,
		"task stop --force x": `unknown command "stop" for "gantry task"`,
		"job stats":           "the nearest: status",
		"job rm x":            "the nearest: run",
		"snapshot sav f":      "the nearest: save",
		"server laeve":        "the nearest: leave",
		"completion bsh":      "the nearest: bash",
		"tsak ls":             `unknown command "tsak" for "gantry"; the nearest: task`,
		"--nope":              "unknown flag: --nope (gantry --help lists the flags)",
		"help nope":           `unknown command "nope" for "gantry"; the nearest: `,
		"help task stop":      `unknown command "stop" for "gantry task"`,
		"help members x":      `gantry members has no command "x"`,
	} {
		wrong(t, args, says)
	}
	var look func(*cobra.Command)
	look = func(cmd *cobra.Command) {
		if cmd.HasSubCommands() {
			wrong(t, strings.TrimSpace(strings.TrimPrefix(cmd.CommandPath(), "gantry")+" frobnicate x"), `unknown command "frobnicate" for "`+cmd.CommandPath()+`"; the nearest: `)
		}
		for _, sub := range cmd.Commands() {
			look(sub)
		}
	}
	look(rootCommand())
}

// A group without a verb prints its help, and so does help on a command.
func TestHelp(t *testing.T) {
	for args, says := range map[string]string{
		"": "gantry [command]", "task": "gantry task [command]", "help": "gantry [command]", "help job": "gantry job [command]", "job --help": "gantry job [command]",
		"help job run": "gantry job run FILE [flags]", "server --help": "gantry server [flags]",
	} {
		out, err := gantry(t, strings.Fields(args)...)
		if err != nil || !strings.Contains(out, says) || strings.Contains(out, "gantry task\n") {
			t.Errorf("gantry %s: %v: %s", args, err, out)
		}
	}
}

// TestArguments: an argument that is missing, too many or empty is named, together with the usage.
// Every command is checked.
func TestArguments(t *testing.T) {
	for args, says := range map[string]string{
		"eval explain ''":                         "ID is empty: gantry eval explain ID",
		"eval explain":                            "ID is missing: gantry eval explain ID",
		"job status ''":                           "NAME is empty: gantry job status [NAME]",
		"job status a b":                          `"b" is one argument too many: gantry job status [NAME]`,
		"job run f g":                             `"g" is one argument too many: gantry job run FILE`,
		"config validate":                         "FILE-OR-DIRECTORY is missing",
		"config validate a ''":                    "FILE-OR-DIRECTORY is empty",
		"version x":                               `gantry version takes no arguments: "x" is one`,
		"task ls x":                               "takes no arguments",
		"task ls --cluster=''":                    "--cluster is empty: give it a value or leave it out",
		"eval ls --cluster=''":                    "--cluster is empty",
		"key create --policy=''":                  "--policy is empty: give it a value",
		"task ls --clustr x":                      "unknown flag: --clustr (gantry task ls --help lists the flags)",
		"eval ls --limit 0":                       "--limit: 0 is too small",
		"eval ls --limit many":                    "--limit",
		"job stop --cluster default web --addres": "gantry job stop --help",
	} {
		wrong(t, args, says)
	}
	each(rootCommand(), func(cmd *cobra.Command) {
		if cmd.HasSubCommands() || cmd.Name() == "help" {
			return
		}
		path := strings.TrimPrefix(cmd.CommandPath(), "gantry ")
		named := strings.Fields(cmd.Use)[1:]
		if len(named) == 0 {
			wrong(t, path+" x", "takes no arguments")
			return
		}
		name := strings.Trim(named[0], "[]…")
		wrong(t, path+" ''", name+" is empty")
		if named[0][0] != '[' {
			wrong(t, path, name+" is missing")
		}
	})
}

// An empty value overrides the environment if the flag may be without a value.
func TestEmptyOverEnvironment(t *testing.T) {
	t.Setenv(formatVariable, "yaml")
	wrong(t, "members --address 127.0.0.1:1", "--output", formatVariable)
	wrong(t, "members --address 127.0.0.1:1 --output=''", "127.0.0.1:1")
	t.Setenv(addressVariable, "127.0.0.1:1")
	wrong(t, "members --address=''", "--address is empty")
}
