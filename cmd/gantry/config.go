package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/config"
)

// sources is the end of each command's help.
const sources = `{{if .Runnable}}
Each flag can also be given in the environment, as GANTRY_ and its name in capitals with underscores; the command line wins.{{if .Flag "config"}}
Files (--config) come after both. Their keys are the flags' names with underscores, as in http_port = 5747 or join = ["10.0.0.2"].{{end}}
{{end}}`

// addConfigFlag is for commands that take files.
func addConfigFlag(cmd *cobra.Command) {
	cmd.Flags().StringSlice("config", nil, "file in HCL or JSON with values of flags, or a directory of such; may be given many times, later ones win")
}

func configFiles(cmd *cobra.Command) []string {
	paths, _ := cmd.Flags().GetStringSlice("config") // fails where a command takes no files
	return paths
}

// fillIn gives flags the values that the command line did not.
func fillIn(cmd *cobra.Command, _ []string) error {
	if err := checkEmpty(cmd, os.Getenv); err != nil {
		return err
	}
	if err := config.Environment(cmd.Flags(), os.Getenv); err != nil {
		return err
	}
	return config.Files(cmd.Flags(), configFiles(cmd))
}

func configCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check the files that servers and agents are configured with"}
	cmd.AddCommand(configValidateCommand())
	return cmd
}

func configValidateCommand() *cobra.Command {
	var role string
	cmd := &cobra.Command{
		Use:   "validate FILE-OR-DIRECTORY…",
		Short: "Say whether a server or agent would start with these files, or what is wrong; starts nothing",
		Long: `Say whether a server or agent would start with these files (and this environment), or what is wrong; starts nothing.

Several are taken together, as by several --config.`,
		Example: `  gantry config validate --role server /etc/gantry/server.hcl`,
	}
	cmd.Flags().StringVar(&role, "role", "", "whose files they are, server or agent (default: either's)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var server serverOptions
		var agent agentOptions
		var problems []error
		var takers []string
		for _, taker := range []struct {
			command *cobra.Command
			check   func() error
		}{{server.command(), server.check}, {agent.command(), agent.check}} {
			name := taker.command.Name()
			if role != "" && role != name {
				continue
			}
			err := config.Environment(taker.command.Flags(), os.Getenv)
			if err == nil {
				err = config.Files(taker.command.Flags(), args)
			}
			if err == nil {
				err = config.Explain(taker.command.Flags(), taker.check())
			}
			if err != nil {
				problems = append(problems, fmt.Errorf("gantry %s does not take this:\n%w", name, err))
				continue
			}
			takers = append(takers, "gantry "+name)
		}
		switch {
		case len(takers) > 0:
			fmt.Fprintf(cmd.OutOrStdout(), "%s would start with this.\n", strings.Join(takers, " and "))
			return nil
		case len(problems) == 0:
			return fmt.Errorf("--role: %q is neither server nor agent", role)
		}
		return errors.Join(problems...)
	}
	return cmd
}
