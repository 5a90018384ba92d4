package images

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"time"

	"github.com/docker/docker-credential-helpers/client"
	"github.com/docker/docker-credential-helpers/credentials"

	"github.com/gantry-project/gantry/agent/runtime"
)

// helperTimeout limits a credential helper. Some ask a service over the network.
const helperTimeout = 30 * time.Second

// tokenUser is what helpers return as the name of the user if the secret is an identity token.
const tokenUser = "<token>"

// askHelper asks the program docker-credential-NAME for the login of a registry.
func askHelper(ctx context.Context, name, registry string) (login runtime.Login, err error) {
	ctx, cancel := context.WithTimeout(ctx, helperTimeout)
	defer cancel()
	program := "docker-credential-" + name
	found, err := client.Get(func(args ...string) client.Program {
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.WaitDelay = time.Second
		return helper{cmd}
	}, registry)
	switch {
	case credentials.IsErrCredentialsNotFound(err):
		return login, nil
	case err != nil:
		// what the program printed is left out: it may have printed anything
		return login, fmt.Errorf("the credential helper %s failed for %s (%s); run it by hand: echo %s | %s get", program, registry, why(ctx, program), registry, program)
	case found.Username == tokenUser:
		return runtime.Login{Token: found.Secret}, nil
	}
	return runtime.Login{Username: found.Username, Password: found.Secret}, nil
}

func why(ctx context.Context, program string) string {
	if ctx.Err() != nil {
		return "no answer in " + helperTimeout.String()
	}
	if _, err := exec.LookPath(program); err != nil {
		return "there is no such program in the agent's PATH"
	}
	return "its answer was not a login"
}

// helper is a program that is running for a login.
type helper struct{ *exec.Cmd }

func (h helper) Output() ([]byte, error) { return h.Cmd.Output() }
func (h helper) Input(in io.Reader)      { h.Stdin = in }
