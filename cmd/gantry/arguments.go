package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gantry-project/gantry/config"
)

// groupNote marks commands that only hold others.
const groupNote = "gantry-group"

// checkArguments has every command hold to its usage line, and answer what it does not take with
// the remedy. Cobra itself prints the help of a group whose verb is unknown, and ends with status
// 0.
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

// arguments compares arguments with a command's usage line: NAME is needed, [NAME] may be left out,
// NAME… is one or more.
func arguments(cmd *cobra.Command, args []string) error {
	if cmd.HasSubCommands() && len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	named := strings.Fields(cmd.Use)[1:]
	many := len(named) > 0 && strings.HasSuffix(named[len(named)-1], "…")
	usage := strings.Join(append([]string{cmd.CommandPath()}, named...), " ")
	switch {
	case len(named) == 0 && len(args) > 0:
		return fmt.Errorf("%s takes no arguments, and %q is one", usage, args[0])
	case len(args) > len(named) && !many:
		return fmt.Errorf("%q is one argument too many: %s", args[len(named)], usage)
	}
	for i, name := range named {
		if i >= len(args) && !strings.HasPrefix(name, "[") {
			return fmt.Errorf("%s is missing: %s", strings.TrimSuffix(name, "…"), usage)
		}
	}
	if i := slices.IndexFunc(args, func(arg string) bool { return strings.TrimSpace(arg) == "" }); i >= 0 {
		return fmt.Errorf("%s is empty: %s", strings.Trim(named[min(i, len(named)-1)], "[]…"), usage)
	}
	return nil
}

// unknownCommand names the nearest of the commands that there are.
func unknownCommand(cmd *cobra.Command, verb string) error {
	var nearest []string
	for cmd.SuggestionsMinimumDistance = 1; len(nearest) == 0 && cmd.HasAvailableSubCommands(); cmd.SuggestionsMinimumDistance++ {
		nearest = cmd.SuggestionsFor(verb)
	}
	return fmt.Errorf("unknown command %q for %q; the nearest: %s (%s --help lists all)", verb, cmd.CommandPath(), strings.Join(nearest, ", "), cmd.CommandPath())
}

// helpOn is gantry help COMMAND.
func helpOn(cmd *cobra.Command, args []string) error {
	on, rest, err := cmd.Root().Find(args)
	switch {
	case err != nil:
		return err
	case len(rest) > 0 && on.HasSubCommands():
		return unknownCommand(on, rest[0])
	case len(rest) > 0:
		return fmt.Errorf("%s has no commands, so there is no help on %q (%s --help)", on.CommandPath(), rest[0], on.CommandPath())
	}
	on.InitDefaultHelpFlag()
	return on.Help()
}

// flagError says where the flags are listed. An unknown verb comes before its flags.
func flagError(cmd *cobra.Command, err error) error {
	if cmd.HasSubCommands() && cmd.Flags().NArg() > 0 {
		return unknownCommand(cmd, cmd.Flags().Arg(0))
	}
	return fmt.Errorf("%w (%s --help lists the flags)", err, cmd.CommandPath())
}

// checkEmpty refuses a text that is given as empty, as by a variable of a script that is not set.
// It says something only where it takes back what the environment or a file says of a flag that may
// be without a value.
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
