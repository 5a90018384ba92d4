package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gantry-project/gantry/config"
)

// groupNote marks commands that only group others.
const groupNote = "gantry-group"

// checkArguments makes every command check its arguments against its usage line, and refuse others
// with a remedy. Cobra itself prints the help of a group whose verb is unknown, and exits with
// status 0.
func checkArguments(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.SetFlagErrorFunc(flagError)
	each(root, func(cmd *cobra.Command) {
		switch {
		case cmd.Name() == "help":
			cmd.Run, cmd.RunE = nil, helpOn
			return
		case cmd.HasSubCommands() && !cmd.Runnable():
			cmd.Annotations = map[string]string{groupNote: "true"}
			cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
		cmd.Args = arguments
	})
}

func each(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, sub := range cmd.Commands() {
		each(sub, do)
	}
}

// arguments checks arguments against a command's usage line: NAME is required, [NAME] is optional,
// and NAME… is one or more.
func arguments(cmd *cobra.Command, args []string) error {
	if cmd.HasSubCommands() && len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	named := strings.Fields(cmd.Use)[1:]
	many := len(named) > 0 && strings.HasSuffix(named[len(named)-1], "…")
	usage := strings.Join(append([]string{cmd.CommandPath()}, named...), " ")
	switch {
	case len(named) == 0 && len(args) > 0:
		return fmt.Errorf("%s takes no arguments: %q is one", usage, args[0])
	case len(args) > len(named) && !many:
		return fmt.Errorf("%q is one argument too many: %s", args[len(named)], usage)
	}
	if i := slices.IndexFunc(args, func(arg string) bool { return strings.TrimSpace(arg) == "" }); i >= 0 {
		return fmt.Errorf("%s is empty: %s", strings.Trim(named[min(i, len(named)-1)], "[]…"), usage)
	}
	for i, name := range named {
		if i >= len(args) && !strings.HasPrefix(name, "[") {
			return fmt.Errorf("%s is missing: %s", strings.TrimSuffix(name, "…"), usage)
		}
	}
	return nil
}

// unknownCommand returns an error that names the most similar commands.
func unknownCommand(cmd *cobra.Command, verb string) error {
	var nearest []string
	for cmd.SuggestionsMinimumDistance = 1; len(nearest) == 0 && cmd.HasAvailableSubCommands(); cmd.SuggestionsMinimumDistance++ {
		nearest = cmd.SuggestionsFor(verb)
	}
	return fmt.Errorf("unknown command %q for %q; the nearest: %s (%s --help lists all)",
		verb, cmd.CommandPath(), strings.Join(nearest, ", "), cmd.CommandPath())
}

// helpOn runs gantry help COMMAND.
func helpOn(cmd *cobra.Command, args []string) error {
	on, rest, err := cmd.Root().Find(args)
	switch {
	case err != nil:
		return err
	case len(rest) > 0 && on.HasSubCommands():
		return unknownCommand(on, rest[0])
	case len(rest) > 0:
		return fmt.Errorf("%s has no command %q (see %s --help)", on.CommandPath(), rest[0], on.CommandPath())
	}
	on.InitDefaultHelpFlag()
	return on.Help()
}

// flagError adds to an error where the flags are listed. An unknown verb is reported before its
// flags.
func flagError(cmd *cobra.Command, err error) error {
	if cmd.HasSubCommands() && cmd.Flags().NArg() > 0 {
		return unknownCommand(cmd, cmd.Flags().Arg(0))
	}
	return fmt.Errorf("%w (%s --help lists the flags)", err, cmd.CommandPath())
}

// checkEmpty refuses an empty value on the command line, which mostly comes from an unset variable
// in a script. An empty value is allowed if it overrides what the environment or a file sets, and
// the flag may be without a value.
func checkEmpty(cmd *cobra.Command, getenv func(string) string) error {
	var problem error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if problem != nil || f.Value.Type() != "string" || f.Value.String() != "" {
			return
		}
		elsewhere := len(configFiles(cmd)) > 0 || slices.ContainsFunc(config.Variables(f), func(v string) bool { return getenv(v) != "" })
		if _, required := f.Annotations[cobra.BashCompOneRequiredFlag]; required || f.DefValue != "" || !elsewhere {
			problem = fmt.Errorf("--%s is empty: give it a value or leave it out", f.Name)
			if required {
				problem = fmt.Errorf("--%s is empty: give it a value", f.Name)
			}
		}
	})
	return problem
}
