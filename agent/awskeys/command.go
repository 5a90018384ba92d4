package awskeys

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/gantry-project/gantry/structs"
)

const (
	// commandTimeout bounds how long a command may take.
	commandTimeout = 30 * time.Second
	// maxOutput is the most bytes of what a command prints that are read.
	maxOutput = 64 << 10
	// maxComplaint is the most bytes of a command's error output that are shown.
	maxComplaint = 500
	// unending is for how long keys are taken to be valid that do not say so. The SDKs of
	// containers want a time, and ask again then.
	unending = time.Hour
)

// run runs a command and returns the keys that it prints. What it prints is never shown: it may
// hold keys also if it cannot be read.
func run(ctx context.Context, command []string, role string) (structs.RoleCredentials, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "GANTRY_ROLE_ARN="+role)
	// so that what it started ends with it
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	out, complaint := &limited{most: maxOutput}, &limited{most: maxComplaint}
	cmd.Stdout, cmd.Stderr = out, complaint
	err := cmd.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("it took longer than %s, or the agent ended", commandTimeout)
	}
	if err != nil {
		if text := strings.TrimSpace(complaint.String()); text != "" {
			err = fmt.Errorf("%w: %s", err, text)
		}
		return structs.RoleCredentials{}, fmt.Errorf("the command %s failed: %w", command[0], err)
	}
	keys, err := parse(out.Bytes(), role)
	if err != nil {
		return keys, fmt.Errorf("the output of %s: %w", command[0], err)
	}
	return keys, nil
}

// limited keeps the beginning of what is written.
type limited struct {
	bytes.Buffer
	most int
}

func (l *limited) Write(b []byte) (int, error) {
	if left := l.most - l.Len(); left > 0 {
		l.Buffer.Write(b[:min(left, len(b))])
	}
	return len(b), nil
}

// parse reads keys in the form of credential_process.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
func parse(raw []byte, role string) (structs.RoleCredentials, error) {
	var in struct {
		Version                                              int
		AccessKeyID                                          string `json:"AccessKeyId"`
		SecretAccessKey, SessionToken, Expiration, AccountID string
	}
	out := structs.RoleCredentials{RoleARN: role, AWS: true}
	switch err := json.Unmarshal(raw, &in); {
	case err != nil: // its text may quote a key
		return out, errors.New("it is not JSON")
	case in.Version != 1:
		return out, fmt.Errorf("its Version is %d and must be 1 (credential_process)", in.Version)
	case in.AccessKeyID == "" || in.SecretAccessKey == "":
		return out, errors.New("AccessKeyId or SecretAccessKey is missing")
	}
	expires := time.Now().Add(unending)
	if in.Expiration != "" {
		var err error
		if expires, err = time.Parse(time.RFC3339, in.Expiration); err != nil {
			return out, fmt.Errorf("its Expiration %q is not a time such as 2026-11-30T12:00:00Z", in.Expiration)
		}
		if expires.Before(time.Now()) {
			return out, fmt.Errorf("the keys expired at %s", in.Expiration)
		}
	}
	out.AccessKeyID, out.SecretAccessKey, out.Token = in.AccessKeyID, in.SecretAccessKey, in.SessionToken
	out.Expiration = expires.UTC().Truncate(time.Second).Format(time.RFC3339)
	return out, nil
}
