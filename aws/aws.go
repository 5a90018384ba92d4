// Package aws is the door for AWS's clients: the services that Gantry has, behind one handler. Each
// service is a package below; aws/protocol has what they share, and finds the service of a request.
package aws

import (
	"log/slog"
	"net/http"

	"github.com/gantry-project/gantry/aws/acm"
	"github.com/gantry-project/gantry/aws/ec2"
	"github.com/gantry-project/gantry/aws/ecs"
	"github.com/gantry-project/gantry/aws/elbv2"
	"github.com/gantry-project/gantry/aws/iam"
	"github.com/gantry-project/gantry/aws/logs"
	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/aws/secretsmanager"
	"github.com/gantry-project/gantry/aws/servicediscovery"
	"github.com/gantry-project/gantry/aws/ssm"
	"github.com/gantry-project/gantry/aws/sts"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/certificates"
	"github.com/gantry-project/gantry/control/traffic"
	"github.com/gantry-project/gantry/control/vault"
)

// Config is what the door needs.
type Config struct {
	Control *control.Control
	Vault   *vault.Vault
	// Certificates are those for HTTPS.
	Certificates *certificates.Certificates
	Region       string // in ARNs of callers that do not sign; empty: us-east-1
	Account      string // in ARNs, 12 digits; empty: 000000000000
	Logger       *slog.Logger
}

// New returns the handler of all requests to AWS APIs.
func New(c Config) *protocol.Router {
	return &protocol.Router{
		Services: []protocol.Service{acm.New(c.Certificates), ecs.New(c.Control), ec2.New(c.Control), elbv2.New(traffic.New(c.Control)), iam.New(c.Control), logs.New(c.Control), secretsmanager.New(c.Vault), servicediscovery.New(c.Control), ssm.New(c.Control, c.Vault), sts.New(c.Control)},
		Region:   c.Region, Account: c.Account, Logger: c.Logger,
	}
}

var apis = []*protocol.API{&acm.API, &ecs.API, &ec2.API, &elbv2.API, &iam.API, &logs.API, &secretsmanager.API, &servicediscovery.API, &ssm.API, &sts.API}

// SignedFor returns the service that a request must be signed for: the one that its X-Amz-Target
// header names. Empty: the request names none, so the service in its signature is the one that it
// asks.
func SignedFor(r *http.Request) string {
	for _, api := range apis {
		if api.Targeted(r) {
			return api.SigningName
		}
	}
	return ""
}

// ActionOf returns the action that a request asks for, such as "ecs:RunTask", before a service has
// seen it; empty if it names none. The body can be read as before.
func ActionOf(r *http.Request) string { return protocol.ActionOf(r, apis) }

// Refuse answers a request that does not reach a service, in the protocol of its caller. The code
// is that of a JSON service.
func Refuse(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	protocol.Refuse(w, r, status, code, message)
}

// Unavailable answers a request that no server can take at the moment, in the protocol of its
// caller. SDKs try again.
func Unavailable(w http.ResponseWriter, r *http.Request, message string) {
	protocol.Unavailable(w, r, message)
}
