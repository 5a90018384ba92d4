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
		Short: "Save the cluster's state to a file, inspect one, or restore one",
	}
	cmd.AddCommand(snapshotSaveCommand(), snapshotInspectCommand(), snapshotRestoreCommand())
	return cmd
}

func snapshotSaveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "save FILE",
		Short: "Save the cluster's whole state to a file, while it keeps working",
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.SnapshotInfo, error) {
			return saveSnapshot(ctx, c, args[0])
		}, printSnapshot)
	}
	return cmd
}

// saveSnapshot writes a temporary file beside path, and renames it once it is whole and on disk.
func saveSnapshot(ctx context.Context, c *client.Client, path string) (info structs.SnapshotInfo, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return info, fmt.Errorf("create the file: %w", err)
	}
	defer os.Remove(f.Name()) // fails once the file has its final name
	err = c.SaveSnapshot(ctx, f)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return info, err
	}
	if info, err = server.InspectSnapshot(f.Name()); err != nil {
		return info, fmt.Errorf("the snapshot did not arrive whole; try again: %w", err)
	}
	return info, os.Rename(f.Name(), path)
}

func snapshotInspectCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "inspect FILE",
		Short: "Check a saved snapshot and print what is in it, without a server",
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
		Short: "Replace the cluster's whole state with a saved snapshot",
		Long: `Replace the cluster's whole state with a saved snapshot, on all servers, while they run.

Everything written since the snapshot was saved is lost. Agents stop tasks that the snapshot does not
have. Tasks that it has but that have ended since are replaced if a service keeps them up.`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().BoolVar(&yes, "yes", false, "restore even if the cluster is not empty; its present state is lost")
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
