package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func bucketCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bucket",
		Short: "Say where the objects of S3 buckets are",
		Long: `Task definitions name environment files by the ARNs of objects in S3 buckets. Map each bucket to an endpoint
that speaks S3, or to a directory of the servers; the definitions stay as they are.`,
	}
	cmd.AddCommand(bucketMapCommand(), bucketListCommand(), bucketShowCommand(), bucketUnmapCommand())
	return cmd
}

func bucketMapCommand() *cobra.Command {
	var m structs.BucketMappingRequest
	var keyFile string
	cmd := &cobra.Command{
		Use:   "map NAME",
		Short: "Map a bucket, or map it anew for tasks that start from now on",
		Long: `Map a bucket, or map it anew for tasks that start from now on. A mapping is replaced whole, keys included.

The servers fetch the objects, so the keys never leave them: they are stored encrypted. A directory must be
on every server at the same path with the same files, because any of them may be asked; links that lead out
of it are not followed.`,
		Example: `  gantry bucket map config --endpoint https://s3.eu-central-1.amazonaws.com --region eu-central-1 --access-key-file key
  gantry bucket map config --endpoint http://minio:9000 --access-key-file key
  gantry bucket map config --directory /srv/config`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVar(&m.Endpoint, "endpoint", "", "`URL` of a store that speaks S3")
	cmd.Flags().StringVar(&m.Region, "region", "", "`region` that requests to the endpoint are signed for (default: us-east-1)")
	cmd.Flags().StringVar(&keyFile, "access-key-file", "", "`file` with the access key for the endpoint, as ID:SECRET; without it, requests are not signed")
	cmd.Flags().BoolVar(&m.VirtualHost, "virtual-host", false, "the endpoint wants the bucket in front of its host name, not in the path")
	cmd.Flags().StringVar(&m.Directory, "directory", "", "`directory` that has the objects as files, on every server at this path")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		m.Bucket = args[0]
		if keyFile != "" {
			var err error
			if m.AccessKeyID, m.SecretAccessKey, err = readAccessKey(keyFile); err != nil {
				return err
			}
		}
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.BucketMapping, error) {
			return c.MapBucket(ctx, m)
		}, func(w io.Writer, m structs.BucketMapping) {
			fmt.Fprintf(w, "Bucket %s is mapped to %s.\n", m.Bucket, bucketMappedTo(m))
			if m.Directory != "" {
				fmt.Fprintln(w, "Every server must have this directory, with the same files.")
			}
		})
	}
	return cmd
}

// readAccessKey reads the file of an access key: ID:SECRET. No error shows the secret.
func readAccessKey(path string) (id, secret string, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", "", fmt.Errorf("--access-key-file: %w", err)
	}
	id, secret, ok := strings.Cut(strings.TrimSpace(string(text)), ":")
	if id, secret = strings.TrimSpace(id), strings.TrimSpace(secret); !ok || id == "" || secret == "" || strings.ContainsAny(id+secret, " \t\r\n") {
		return "", "", fmt.Errorf("--access-key-file: %s does not have one line ID:SECRET", path)
	}
	return id, secret, nil
}

func bucketListCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List the mappings"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.BucketMappingList, error) {
			return c.BucketMappings(ctx)
		}, printBuckets)
	}
	return cmd
}

func bucketShowCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "show NAME", Short: "Show where a bucket is mapped to"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.BucketMapping, error) {
			return c.BucketMapping(ctx, args[0])
		}, printBucket)
	}
	return cmd
}

func bucketUnmapCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "unmap NAME",
		Short: "Remove a mapping: tasks that start from now on fail without it, those that run keep what they have",
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (struct{}, error) {
			return struct{}{}, c.UnmapBucket(ctx, args[0])
		}, func(w io.Writer, _ struct{}) { fmt.Fprintf(w, "Bucket %s is not mapped any more.\n", args[0]) })
	}
	return cmd
}

// bucketMappedTo returns in words where the objects of a bucket are.
func bucketMappedTo(m structs.BucketMapping) string {
	if m.Directory != "" {
		return "directory " + m.Directory
	}
	return "endpoint " + m.Endpoint
}

func printBuckets(w io.Writer, list structs.BucketMappingList) {
	var rows [][]string
	for _, m := range list.Mappings {
		rows = append(rows, []string{m.Bucket, bucketMappedTo(*m), cmp.Or(m.AccessKeyID, "-"), age(time.Now(), m.UpdatedAt.Std())})
	}
	table(w, []string{"BUCKET", "MAPPED TO", "ACCESS KEY", "AGE"}, rows)
}

func printBucket(w io.Writer, m structs.BucketMapping) {
	rows := [][]string{{"bucket", m.Bucket}, {"mapped to", bucketMappedTo(m)}}
	if m.Endpoint != "" {
		rows = append(rows, []string{"region", cmp.Or(m.Region, "us-east-1")}, []string{"access key", cmp.Or(m.AccessKeyID, "- (not signed)")})
	}
	if m.VirtualHost {
		rows = append(rows, []string{"address", "bucket in front of the host name"})
	}
	rows = append(rows, []string{"mapped at", m.UpdatedAt.Std().Format(time.RFC3339)}, []string{"by", cmp.Or(m.UpdatedBy, "-")})
	table(w, nil, rows)
}
