package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/config"
)

// sources is the end of the help of each command that runs.
const sources = `{{if .Runnable}}
Each flag can also be set by an environment variable: GANTRY_ and the flag's name in capitals, with
underscores (--data-dir: GANTRY_DATA_DIR). The command line wins.{{if .Flag "config"}}
Files (--config) come last. Their keys are the names of the flags with underscores, as in
http_port = 5747 or join = ["10.0.0.2"].{{end}}
{{end}}`

// addConfigFlag adds --config to a command that takes its flags from files too.
func addConfigFlag(cmd *cobra.Command) {
	cmd.Flags().StringSlice("config", nil, "`file` with values for flags, in HCL or JSON, or a directory of such files; may be repeated, later ones win")
}

func configFiles(cmd *cobra.Command) []string {
	paths, _ := cmd.Flags().GetStringSlice("config") // fails if the command takes no files
	return paths
}

// fillIn sets the flags that the command line does not, from the environment and from files.
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
	cmd := &cobra.Command{Use: "config", Short: "Check the configuration files of servers and agents"}
	cmd.AddCommand(configValidateCommand())
	return cmd
}

func configValidateCommand() *cobra.Command {
	var role string
	cmd := &cobra.Command{
		Use:   "validate FILE-OR-DIRECTORY…",
		Short: "Check whether a server or an agent would start with these files",
		Long: `Check whether a server or an agent would start with these files and this environment, and print
what is wrong otherwise. Nothing is started.

Several files are taken together, as with several --config.`,
		Example: `  gantry config validate --role server /etc/gantry/server.hcl`,
	}
	cmd.Flags().StringVar(&role, "role", "", "`role` that the files are for: server or agent (default: either)")
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
				problems = append(problems, fmt.Errorf("gantry %s would not start:\n%w", name, err))
				continue
			}
			takers = append(takers, "gantry "+name)
		}
		switch {
		case len(takers) > 0:
			fmt.Fprintf(cmd.OutOrStdout(), "%s would start with these files.\n", strings.Join(takers, " and "))
			return nil
		case len(problems) == 0:
			return fmt.Errorf("--role: %q is neither server nor agent", role)
		}
		return errors.Join(problems...)
	}
	return cmd
}
