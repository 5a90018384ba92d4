package images

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gantry-project/gantry/agent/runtime"
	"github.com/gantry-project/gantry/structs"
)

// Credentials know how to log in to registries.
type Credentials interface {
	// Login returns the login for a registry (docker.io, or a host with its port) or, if parameter
	// is not empty, the one that a definition's credentialsParameter names, or errNoEntry. The zero
	// Login means that there is none for the registry. Errors never contain a secret.
	Login(ctx context.Context, registry, parameter string) (runtime.Login, error)
}

// login returns the login for an image. Credentials that a definition names are those of the
// agent's file, or else of the servers.
func (i *Images) login(ctx context.Context, w Want) (runtime.Login, error) {
	login, err := i.cfg.Credentials.Login(ctx, registryOf(w.Image), w.Credentials)
	if errors.Is(err, errNoEntry) {
		login, err = i.stored(ctx, w)
	}
	if ctx.Err() != nil {
		return login, ctx.Err()
	}
	if err != nil {
		return login, refused("image %s: %v", w.Image, err)
	}
	return login, nil
}

// stored returns a login from the cluster's secrets.
func (i *Images) stored(ctx context.Context, w Want) (login runtime.Login, err error) {
	got, err := i.parts.Secrets(ctx, structs.TaskSecretsRequest{Task: w.Task, Credentials: w.Credentials})
	if err != nil {
		return login, err
	}
	if got.Refused != "" {
		return login, errors.New(got.Refused)
	}
	return runtime.Login{Username: got.Username, Password: got.Password}, nil
}

// errNoEntry means that a definition names credentials that are not on this instance.
var errNoEntry = errors.New("there are no such credentials on this instance")

// nobody has no credentials.
type nobody struct{}

func (nobody) Login(_ context.Context, _, parameter string) (runtime.Login, error) {
	if parameter != "" {
		return runtime.Login{}, errNoEntry
	}
	return runtime.Login{}, nil
}

// File are credentials in a file in the form of Docker's config.json, with one more section. It is
// read for each pull, so that changes hold at once.
type File struct{ Path string }

// config is the content of the file. Members that only the docker command uses are ignored.
type config struct {
	Auths       map[string]auth   `json:"auths"`
	CredHelpers map[string]string `json:"credHelpers"`
	CredsStore  string            `json:"credsStore"`
	// CredentialsParameters is Gantry's own: the logins that definitions name.
	CredentialsParameters map[string]auth `json:"credentialsParameters"`
}

// auth is one login. Auth is USER:PASSWORD in base64, as docker login writes it.
type auth struct {
	Auth          string `json:"auth"`
	Username      string `json:"username"`
	Password      string `json:"password"`
	IdentityToken string `json:"identitytoken"`
}

// Check reports whether the file can be read.
func (f File) Check() error {
	_, err := f.read()
	return err
}

func (f File) read() (c config, err error) {
	raw, err := os.ReadFile(f.Path)
	if err != nil {
		return c, fmt.Errorf("read the credentials of registries: %w", err)
	}
	// the decoder's errors have names of members and types, but no values
	if err := json.Unmarshal(raw, &c); err != nil {
		return config{}, fmt.Errorf("read the credentials of registries: %s: %w", f.Path, err)
	}
	for section, entries := range map[string]map[string]auth{"auths": c.Auths, "credentialsParameters": c.CredentialsParameters} {
		for name, entry := range entries {
			if _, err := entry.login(); err != nil {
				return config{}, fmt.Errorf("read the credentials of registries: %s: %s: %q: %w", f.Path, section, name, err)
			}
		}
	}
	return c, nil
}

// Login finds a login as docker does: the helper of the registry goes before the helper of all, and
// that before what is written in the file.
func (f File) Login(ctx context.Context, registry, parameter string) (login runtime.Login, err error) {
	c, err := f.read()
	if err != nil {
		return login, err
	}
	if parameter != "" {
		entry, ok := c.CredentialsParameters[parameter]
		if !ok {
			return login, errNoEntry
		}
		return entry.login()
	}
	for host, helper := range c.CredHelpers {
		if hostOf(host) == registry {
			return askHelper(ctx, helper, host)
		}
	}
	if c.CredsStore != "" {
		login, err = askHelper(ctx, c.CredsStore, serverOf(registry))
		if err != nil || login != (runtime.Login{}) {
			return login, err
		}
	}
	for host, entry := range c.Auths {
		if hostOf(host) == registry {
			return entry.login()
		}
	}
	return login, nil
}

func (a auth) login() (runtime.Login, error) {
	login := runtime.Login{Username: a.Username, Password: a.Password, Token: a.IdentityToken}
	if a.Auth == "" {
		return login, nil
	}
	raw, err := base64.StdEncoding.DecodeString(a.Auth)
	user, password, ok := strings.Cut(string(raw), ":")
	if err != nil || !ok {
		return runtime.Login{}, fmt.Errorf("auth is not USER:PASSWORD in base64")
	}
	login.Username, login.Password = user, strings.TrimRight(password, "\x00")
	return login, nil
}

// dockerHub are the names of Docker's registry in its config.json.
var dockerHub = []string{"index.docker.io", "registry-1.docker.io", "docker.io"}

// hostOf returns the registry that a key of config.json means: a host, or a URL.
func hostOf(key string) string {
	key = strings.TrimPrefix(strings.TrimPrefix(key, "https://"), "http://")
	host, _, _ := strings.Cut(key, "/")
	for _, name := range dockerHub {
		if host == name {
			return "docker.io"
		}
	}
	return host
}

// serverOf returns what docker login calls a registry.
func serverOf(registry string) string {
	if registry == "docker.io" {
		return "https://index.docker.io/v1/"
	}
	return registry
}
