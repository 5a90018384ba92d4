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
		Short: "Recover the cluster from one remaining server, after most servers are lost for good",
		Long: `Recover the cluster from one remaining server, after most servers are lost for good. The server
becomes a working cluster of its own. It must not be running.

Then start it as usual. New servers with empty data directories that --join it become voters by
themselves. Without --yes, nothing is changed and the command prints what it would do.`,
	}
	logs.addFlags(cmd)
	cmd.Flags().StringVar(&dataDir, "data-dir", "", "data `directory` of the remaining server (required)")
	cmd.Flags().BoolVar(&yes, "yes", false, "recover, instead of printing what would be done")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		if err := logs.check(); err != nil {
			return err
		}
		if dataDir == "" {
			return errors.New("--data-dir is required: the data directory of the remaining server")
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
			return errors.New("nothing was changed; repeat the command with --yes to recover")
		}
		if err := r.Run(); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), "\ndone: start this server as usual, then new ones with --join")
		return nil
	}
	return cmd
}

func explainRecovery(w io.Writer, r *server.Recovery) {
	fmt.Fprintf(w, `Server %s becomes the only voter, at %s. It forgets these peers:
  %s

What it has on disk, up to log entry %d, becomes the cluster's state. Writes that the other servers
acknowledged and that had not reached this one may be lost. If another server remains too, recover
only one of them: the one with the higher log entry.

Never start the other servers on their old data directories again: two of them would continue as the
old cluster, and agents would follow both. Empty those directories first.
`, r.ID, r.Address, strings.Join(r.Others, "\n  "), r.LastIndex)
}
