package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/server"
	"github.com/gantry-project/gantry/structs"
)

func snapshotCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "snapshot",
		Short: "Save all the cluster's state to a file, look into one, put one back",
	}
	cmd.AddCommand(snapshotSaveCommand(), snapshotInspectCommand(), snapshotRestoreCommand())
	return cmd
}

func snapshotSaveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "save FILE",
		Short: "Save all the cluster's state to a file, while it works on",
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.SnapshotInfo, error) {
			return saveSnapshot(ctx, c, args[0])
		}, printSnapshot)
	}
	return cmd
}

// saveSnapshot writes the file beside its place, and puts it there once it is whole and on disk.
func saveSnapshot(ctx context.Context, c *client.Client, path string) (info structs.SnapshotInfo, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return info, fmt.Errorf("make the file: %w", err)
	}
	defer os.Remove(f.Name()) // nothing to remove once it has its name
	err = c.SaveSnapshot(ctx, f)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return info, err
	}
	if info, err = server.InspectSnapshot(f.Name()); err != nil {
		return info, fmt.Errorf("what the server sent is not whole; try again: %w", err)
	}
	return info, os.Rename(f.Name(), path)
}

func snapshotInspectCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "inspect FILE",
		Short: "Say what is in a saved snapshot, and whether it is whole; asks no server",
		RunE: func(cmd *cobra.Command, args []string) error {
			info, err := server.InspectSnapshot(args[0])
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			printSnapshot(cmd.OutOrStdout(), info)
			return nil
		},
	}
}

func snapshotRestoreCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a saved snapshot in place of all the cluster's state",
		Long: `Put a saved snapshot in place of all the cluster's state, on all servers, while they run.

What was written since it was saved is lost. Agents stop the tasks that the restored state does not know, and tasks that it knows and that
ended meanwhile are replaced where a service keeps them up.`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "also where the cluster is not empty: what it has is lost")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := server.InspectSnapshot(args[0]); err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
		f, err := os.Open(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.SnapshotInfo, error) {
			return c.RestoreSnapshot(ctx, f, yes)
		}, func(w io.Writer, info structs.SnapshotInfo) {
			fmt.Fprintln(w, "restored on all servers:")
			printSnapshot(w, info)
		})
	}
	return cmd
}

func printSnapshot(w io.Writer, info structs.SnapshotInfo) {
	rows := [][]string{
		{"saved at", info.SavedAt.Std().Format(time.RFC3339)}, {"by version", info.Version},
		{"raft index", strconv.FormatUint(info.Index, 10)}, {"raft term", strconv.FormatUint(info.Term, 10)},
		{"size", strconv.FormatInt(info.Size, 10) + " bytes"},
	}
	for _, n := range info.Rows {
		rows = append(rows, []string{n.Noun, strconv.FormatUint(n.Count, 10)})
	}
	table(w, nil, rows)
}
