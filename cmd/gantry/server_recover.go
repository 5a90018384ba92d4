package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/process"
	"github.com/gantry-project/gantry/server"
)

func serverRecoverCommand() *cobra.Command {
	var dataDir string
	var yes bool
	var logs logging
	cmd := &cobra.Command{
		Use:   "recover",
		Short: "Make one server that is left a working cluster of its own, when most servers are lost for good",
		Long: `Make one server that is left a working cluster of its own, when most servers are lost for good.

The server must not run. After it, start it as ever; new servers on empty data directories that --join it become voters by themselves.
Without --yes nothing is changed; what would be is shown.`,
	}
	logs.addFlags(cmd)
	cmd.Flags().StringVar(&dataDir, "data-dir", "", "data directory of the server that is left (required)")
	cmd.Flags().BoolVar(&yes, "yes", false, "do it")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if err := logs.check(); err != nil {
			return err
		}
		if dataDir == "" {
			return errors.New("--data-dir is required: the data directory of the server that is left")
		}
		if err := process.CheckDisk(dataDir); err != nil {
			return err
		}
		r, err := server.OpenRecovery(dataDir, "", logs.logger())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.Close()) }()
		explainRecovery(cmd.OutOrStdout(), r)
		if !yes {
			return errors.New("nothing was changed; say --yes to do it")
		}
		if err := r.Run(); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), "\ndone: start this server as ever, then new ones with --join")
		return nil
	}
	return cmd
}

func explainRecovery(w io.Writer, r *server.Recovery) {
	fmt.Fprintf(w, `Server %s becomes the only voter, at %s. It forgets these peers:
  %s

What it has on disk, up to log entry %d, becomes the state. What may be lost: writes that the others acknowledged and that had not
reached this server. If another server is left too, recover the one with the higher log entry, and only one.

Never start the other servers on their old data directories again: two of them would go on as the old cluster, and agents would
hear two masters. Empty those directories first.
`, r.ID, r.Address, strings.Join(r.Others, "\n  "), r.LastIndex)
}
