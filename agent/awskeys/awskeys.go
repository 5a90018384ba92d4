package awskeys

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// Servers returns the keys of roles that are Gantry's.
type Servers interface {
	RoleCredentials(ctx context.Context, instance string, in structs.RoleCredentialsRequest) (structs.RoleCredentials, error)
}

// Keys returns the keys of roles. Safe for concurrent use.
type Keys struct {
	Servers
	// File names the roles whose keys are real. Empty: there are none.
	File string
}

// source is where the keys of a role come from. Exactly one of both is set.
type source struct {
	// Command is a program with its arguments. It is run without a shell, as the agent's user, with
	// the role in GANTRY_ROLE_ARN.
	Command []string `json:"command"`
	// File holds what a command would print.
	File string `json:"file"`
}

// anyRole stands for all roles that have no line of their own.
const anyRole = "*"

// Check reports what is wrong with the file.
func (k *Keys) Check() error {
	_, err := k.read()
	return err
}

// read reads the sources by role. It is done for each request, so that the file can be changed.
func (k *Keys) read() (map[string]source, error) {
	if k.File == "" {
		return nil, nil
	}
	raw, err := readOwn(k.File)
	if err != nil {
		return nil, err
	}
	var file struct {
		Roles map[string]source `json:"roles"`
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&file); err != nil {
		return nil, fmt.Errorf(`%s is not like {"roles": {"ROLE": {"command": ["PROGRAM", "ARGUMENT"]}}}: %w`, k.File, err)
	}
	if len(file.Roles) == 0 {
		return nil, fmt.Errorf(`%s names no role: it has no "roles"`, k.File)
	}
	for _, role := range slices.Sorted(maps.Keys(file.Roles)) {
		switch of := file.Roles[role]; {
		case (len(of.Command) > 0) == (of.File != ""):
			return nil, fmt.Errorf(`%s: %s: it takes either "command", a list, or "file"`, k.File, role)
		case of.File != "" && !filepath.IsAbs(of.File):
			return nil, fmt.Errorf("%s: %s: %q is not an absolute path", k.File, role, of.File)
		}
	}
	return file.Roles, nil
}

// readOwn reads a file that only its owner can change: whoever can change it decides what the agent
// runs, or whose keys tasks get.
func readOwn(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the keys of roles: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return nil, fmt.Errorf("%s can be changed by users other than its owner (mode %04o): chmod go-w %s", path, mode, path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the keys of roles: %w", err)
	}
	return raw, nil
}

// RoleCredentials returns keys of a role of a task: real ones, if the file names the role by its
// ARN or its name or names all, or else those of the servers. An error about real keys is not
// final, as the command may succeed when it is run again.
func (k *Keys) RoleCredentials(ctx context.Context, instance string, in structs.RoleCredentialsRequest) (structs.RoleCredentials, error) {
	sources, err := k.read()
	if err != nil {
		return structs.RoleCredentials{}, structs.Errorf(structs.KindUnavailable, "%v", err)
	}
	name, _ := structs.RoleName(in.Role)
	for _, as := range []string{in.Role, name, anyRole} {
		of, ok := sources[as]
		if !ok || in.Role == "" {
			continue
		}
		keys, err := of.keys(ctx, in.Role)
		if err != nil {
			return structs.RoleCredentials{}, structs.Errorf(structs.KindUnavailable, "cannot get the AWS keys of role %s: %v", in.Role, err)
		}
		return keys, nil
	}
	return k.Servers.RoleCredentials(ctx, instance, in)
}

func (s source) keys(ctx context.Context, role string) (structs.RoleCredentials, error) {
	if s.File == "" {
		return run(ctx, s.Command, role)
	}
	info, err := os.Stat(s.File)
	if err != nil {
		return structs.RoleCredentials{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return structs.RoleCredentials{}, fmt.Errorf("%s can be read by users other than its owner (mode %04o): chmod 600 %s", s.File, info.Mode().Perm(), s.File)
	}
	raw, err := os.ReadFile(s.File)
	if err != nil {
		return structs.RoleCredentials{}, err
	}
	keys, err := parse(raw, role)
	if err != nil {
		return keys, fmt.Errorf("%s: %w", s.File, err)
	}
	return keys, nil
}
