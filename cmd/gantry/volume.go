package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func volumeCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "volume",
		Short: "Say where the files of EFS, FSx and S3 Files file systems are",
		Long: `Task definitions name file systems of AWS by their ids: fs-… of Amazon EFS, Amazon FSx and Amazon S3 Files,
and fsap-… of access points. Map each id to where its files are here; the definitions stay as they are.`,
	}
	cmd.AddCommand(volumeMapCommand(), volumeListCommand(), volumeShowCommand(), volumeUnmapCommand())
	return cmd
}

func volumeMapCommand() *cobra.Command {
	var m structs.VolumeMapping
	cmd := &cobra.Command{
		Use:   "map ID",
		Short: "Map a file system or an access point, or map it anew for tasks that start from now on",
		Example: `  gantry volume map fs-0123 --nfs files.lan:/export --option nfsvers=4.2
  gantry volume map fsap-0123 --host-path /srv/shared/app
  gantry volume map fs-4567 --driver local --option type=cifs --option o=addr=files.lan,username=me \
    --option device=//files.lan/share{rootDirectory}`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVar(&m.NFS, "nfs", "", "`export` of an NFS server, as HOST:/PATH; the container engine mounts it")
	cmd.Flags().StringVar(&m.HostPath, "host-path", "", "`directory` that is at this path on every instance")
	cmd.Flags().StringVar(&m.Driver, "driver", "", "`name` of a volume driver of the instances' container engines")
	cmd.Flags().StringArrayVar(&m.Options, "option", nil,
		"`option` of the NFS mount, or of the driver as NAME=VALUE, where "+structs.RootDirectoryOption+
			" stands for the definition's root directory; may be repeated")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		m.ID = structs.FileSystemID(args[0])
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.VolumeMapping, error) {
			return c.MapVolume(ctx, m)
		}, func(w io.Writer, m structs.VolumeMapping) { fmt.Fprintf(w, "%s is mapped to %s.\n", m.ID, mappedTo(m)) })
	}
	return cmd
}

func volumeListCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List the mappings"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.VolumeMappingList, error) {
			return c.VolumeMappings(ctx)
		}, printMappings)
	}
	return cmd
}

func volumeShowCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "show ID", Short: "Show where a file system or an access point is mapped to"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.VolumeMapping, error) {
			return c.VolumeMapping(ctx, structs.FileSystemID(args[0]))
		}, printMapping)
	}
	return cmd
}

func volumeUnmapCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "unmap ID",
		Short: "Remove a mapping: tasks that start from now on fail without it, those that run keep their files",
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id := structs.FileSystemID(args[0])
		return show(cmd, r, func(ctx context.Context, c *client.Client) (struct{}, error) {
			return struct{}{}, c.UnmapVolume(ctx, id)
		}, func(w io.Writer, _ struct{}) { fmt.Fprintf(w, "%s is not mapped any more.\n", id) })
	}
	return cmd
}

// mappedTo returns in words where a file system is.
func mappedTo(m structs.VolumeMapping) string {
	switch {
	case m.NFS != "":
		return "NFS export " + m.NFS
	case m.HostPath != "":
		return "directory " + m.HostPath
	}
	return "driver " + m.Driver
}

func printMappings(w io.Writer, list structs.VolumeMappingList) {
	var rows [][]string
	for _, m := range list.Mappings {
		rows = append(rows, []string{m.ID, mappedTo(*m), strings.Join(m.Options, " "), age(time.Now(), m.UpdatedAt.Std())})
	}
	table(w, []string{"FILE SYSTEM", "MAPPED TO", "OPTIONS", "AGE"}, rows)
}

func printMapping(w io.Writer, m structs.VolumeMapping) {
	rows := [][]string{{"file system", m.ID}, {"mapped to", mappedTo(m)}}
	if len(m.Options) > 0 {
		rows = append(rows, []string{"options", strings.Join(m.Options, " ")})
	}
	rows = append(rows, []string{"mapped at", m.UpdatedAt.Std().Format(time.RFC3339)}, []string{"by", cmp.Or(m.UpdatedBy, "-")})
	table(w, nil, rows)
}
