package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

func roleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "role",
		Short: "Make, list and remove roles of tasks, and use them",
		Long: `A role says what the containers of a task may do (taskRoleArn), or what may be done to start it
(executionRoleArn). Task definitions name it by an ARN of any account, or by its name.`,
	}
	cmd.AddCommand(rolePutCommand("create", true), rolePutCommand("put", false), roleListCommand(), roleShowCommand(), roleRemoveCommand(), roleAssumeCommand())
	return cmd
}

// rolePutCommand is "create", for a role that must not exist, and "put", for one that may.
func rolePutCommand(name string, fresh bool) *cobra.Command {
	spec := structs.RoleSpec{New: fresh}
	var policies []string
	var trust string
	var longest time.Duration
	cmd := &cobra.Command{
		Use:   name + " NAME",
		Short: "Make a role, or replace what an existing one may do",
		Example: `  gantry role put app --policy app.json
  gantry role put ecsTaskExecutionRole --attach arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy --policy secrets.json`,
	}
	if fresh {
		cmd.Short = "Make a role"
		cmd.Example = `  gantry role create app --policy app.json
  gantry role create deploy --policy deploy.json --trust trust.json --max-session 4h`
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringArrayVar(&policies, "policy", nil,
		"what the role may do: admin, read-only, or a `file` with a policy in IAM's JSON; may be repeated; the file's name is the policy's")
	cmd.Flags().StringArrayVar(&spec.Attached, "attach", nil, "`ARN` of a managed policy; may be repeated")
	cmd.Flags().StringVar(&trust, "trust", "", "`file` with the trust policy; without one a new role is for tasks")
	cmd.Flags().StringVar(&spec.Path, "path", "", "`path` of a new role, such as /teams/web/")
	cmd.Flags().StringVar(&spec.Description, "description", "", "`text` for people")
	cmd.Flags().DurationVar(&longest, "max-session", 0, "longest `time` for which keys of \"gantry role assume\" are valid (1h for a new role)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		spec.MaxSession = int32(longest / time.Second)
		var err error
		if trust != "" {
			if spec.Trust, err = readText("--trust", trust); err != nil {
				return err
			}
		}
		for _, p := range policies {
			policy, err := readRolePolicy(p)
			if err != nil {
				return err
			}
			spec.Policies = append(spec.Policies, policy)
		}
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.Role, error) {
			return c.PutRole(ctx, args[0], spec)
		}, func(w io.Writer, role structs.Role) {
			fmt.Fprintf(w, "Role %s is made: arn:aws:iam::000000000000:%s\n", role.Name, role.Resource())
		})
	}
	return cmd
}

func readText(flag, file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	return string(text), nil
}

// readRolePolicy reads the file of an inline policy, or returns one of the named policies.
func readRolePolicy(file string) (structs.RolePolicy, error) {
	if named, ok := map[string]structs.Policy{structs.PolicyAdmin: structs.AdminPolicy(), structs.PolicyReadOnly: structs.ReadOnlyPolicy()}[file]; ok {
		text, err := json.Marshal(named)
		return structs.RolePolicy{Name: file, Document: string(text)}, err
	}
	text, err := readText("--policy: neither admin, read-only nor a file", file)
	name := filepath.Base(file)
	return structs.RolePolicy{Name: strings.TrimSuffix(name, filepath.Ext(name)), Document: text}, err
}

func roleListCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "list", Aliases: []string{"ls"}, Short: "List the roles"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.RoleList, error) { return c.Roles(ctx) }, printRoles)
	}
	return cmd
}

func roleShowCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "show NAME", Short: "Show a role with its policies"}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.Role, error) {
			return c.Role(ctx, roleName(args[0]))
		}, printRole)
	}
	return cmd
}

// roleName returns the name of a role that is named by its name or ARN.
func roleName(nameOrARN string) string {
	name, _ := structs.RoleName(nameOrARN)
	return name
}

func roleRemoveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "remove NAME", Aliases: []string{"rm"},
		Short: "Remove a role: its temporary keys are refused from now on",
	}
	r := addRemoteFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name := roleName(args[0])
		return show(cmd, r, func(ctx context.Context, c *client.Client) (struct{}, error) {
			return struct{}{}, c.DeleteRole(ctx, name)
		}, func(w io.Writer, _ struct{}) { fmt.Fprintf(w, "Role %s is removed.\n", name) })
	}
	return cmd
}

func roleAssumeCommand() *cobra.Command {
	in := structs.AssumeRoleRequest{Session: "gantry-role-assume"}
	var valid time.Duration
	cmd := &cobra.Command{
		Use:     "assume NAME",
		Short:   "Print temporary keys of a role as shell commands",
		Example: `  eval "$(gantry role assume app)"; aws --endpoint-url $GANTRY_ADDR sts get-caller-identity`,
	}
	r := addRemoteFlags(cmd)
	cmd.Flags().StringVar(&in.Session, "session", in.Session, "`name` of the session, which the audit log shows")
	cmd.Flags().DurationVar(&valid, "valid", time.Hour, "`time` for which the keys are valid, 15m to the role's longest")
	cmd.Flags().StringVar(&in.ExternalID, "external-id", "", "`id` that the trust policy asks for (sts:ExternalId)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		in.Role, in.Seconds = roleName(args[0]), int32(valid/time.Second)
		return show(cmd, r, func(ctx context.Context, c *client.Client) (structs.RoleCredentials, error) {
			return c.AssumeRole(ctx, in)
		}, func(w io.Writer, k structs.RoleCredentials) {
			fmt.Fprintf(w, "export AWS_ACCESS_KEY_ID=%s\nexport AWS_SECRET_ACCESS_KEY=%s\nexport AWS_SESSION_TOKEN=%s\n", k.AccessKeyID, k.SecretAccessKey, k.Token)
		})
	}
	return cmd
}

func printRoles(w io.Writer, list structs.RoleList) {
	var rows [][]string
	for _, r := range list.Roles {
		rows = append(rows, []string{r.Name, strings.Join(policiesOf(*r), ", "), age(time.Now(), r.CreatedAt.Std()), r.Description})
	}
	table(w, []string{"ROLE", "POLICIES", "AGE", "DESCRIPTION"}, rows)
}

// policiesOf returns the names of all policies of a role.
func policiesOf(r structs.Role) (names []string) {
	for _, p := range r.Policies {
		names = append(names, p.Name)
	}
	for _, arn := range r.Attached {
		names = append(names, arn[strings.LastIndexByte(arn, '/')+1:])
	}
	return names
}

func printRole(w io.Writer, r structs.Role) {
	rows := [][]string{
		{"role", "arn:aws:iam::000000000000:" + r.Resource()}, {"id", r.ID}, {"made at", r.CreatedAt.Std().Format(time.RFC3339)},
		{"longest session", (time.Duration(r.MaxSession) * time.Second).String()},
	}
	if r.Description != "" {
		rows = append(rows, []string{"description", r.Description})
	}
	for _, arn := range r.Attached {
		rows = append(rows, []string{"attached", arn})
	}
	table(w, nil, rows)
	fmt.Fprintf(w, "\ntrust policy\n%s\n", strings.TrimSpace(r.Trust))
	for _, p := range r.Policies {
		fmt.Fprintf(w, "\npolicy %s\n%s\n", p.Name, strings.TrimSpace(p.Document))
	}
}
