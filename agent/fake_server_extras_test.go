package agent_test

import (
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/gantry-project/gantry/agent/link"
	"github.com/gantry-project/gantry/structs"
)

// The servers give tasks nothing besides assignments.

func (s *fakeServer) TaskSecrets(context.Context, string, structs.TaskSecretsRequest) (structs.TaskSecrets, error) {
	return structs.TaskSecrets{}, nil
}

func (s *fakeServer) RoleCredentials(context.Context, string, structs.RoleCredentialsRequest) (structs.RoleCredentials, error) {
	return structs.RoleCredentials{}, structs.ErrNoLeader()
}

func (s *fakeServer) EnsureLogGroups(context.Context, string, string) error { return nil }

func (s *fakeServer) LogGroupBegins(context.Context, string, []string) (map[string]structs.Time, error) {
	return nil, errDown
}

func (s *fakeServer) TaskFiles(context.Context, string, string) (structs.TaskFiles, error) {
	return structs.TaskFiles{}, errDown
}

// TaskTags and Forward are for agent/metadata, which these tests do not have.
func (s *fakeServer) TaskTags(context.Context, string, string) (structs.TaskTags, error) {
	return structs.TaskTags{}, errors.ErrUnsupported
}

func (s *fakeServer) Forward(*http.Request) (*http.Response, error) {
	return nil, errors.ErrUnsupported
}

// Traffic and the reports about it are for agents with receivers, which these tests do not have.
func (s *fakeServer) Traffic(context.Context, string) (link.TrafficStream, error) {
	return nil, errDown
}

func (s *fakeServer) ReportTargets(context.Context, string, []structs.TargetReport) error {
	return errDown
}

func (s *fakeServer) ReportDrains(context.Context, string, structs.DrainReport) error { return errDown }

// IngressCertificates and ACMECall are for balancer/certs, which these tests do not have.
func (s *fakeServer) IngressCertificates(context.Context, string, string) (structs.IngressCertificates, error) {
	return structs.IngressCertificates{}, errors.ErrUnsupported
}

func (s *fakeServer) ACMECall(context.Context, string, structs.ACMECall) (structs.ACMEAnswer, error) {
	return structs.ACMEAnswer{}, errors.ErrUnsupported
}

// Calls fails: nobody calls these agents.
func (s *fakeServer) Calls(context.Context, string) (io.ReadWriteCloser, error) {
	return nil, structs.ErrNoLeader()
}
