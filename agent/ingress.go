package agent

import (
	"context"
	"net/http"

	"github.com/gantry-project/gantry/balancer"
	"github.com/gantry-project/gantry/balancer/certs"
	"github.com/gantry-project/gantry/structs"
)

// ingress is the balancer of an instance that opens the listeners of load balancers
// (Config.Ingress), as a TrafficReporter.
type ingress struct {
	*balancer.Balancer
	certs   *certs.Certificates
	agent   *Agent
	reports TrafficReports // nil before Begin
}

// newIngress returns a balancer that serves nothing yet.
func newIngress(a *Agent) *ingress {
	i := &ingress{agent: a}
	cfg := *a.cfg.Ingress
	cfg.Logger, cfg.Now = a.log, a.cfg.Now
	cfg.ReportTargets = func(ctx context.Context, list []structs.TargetReport) error {
		return i.reports.ReportTargets(ctx, list)
	}
	cfg.ReportDrains = func(ctx context.Context, report structs.DrainReport) error {
		return i.reports.ReportDrains(ctx, report)
	}
	i.certs = certs.New(certs.Config{Servers: i, Logger: a.log})
	cfg.Certificates, cfg.DefaultCertificate, cfg.HTTPChallenge = i.certs.GetCertificate, i.certs.Default, i.certs.HTTPChallenge
	i.Balancer = balancer.New(cfg)
	return i
}

// Begin runs the balancer until ctx ends. The agent then waits until its requests have ended.
func (i *ingress) Begin(ctx context.Context, _ string, reports TrafficReports) {
	i.reports = reports
	i.agent.work.Go(func() { i.Run(ctx) })
	i.agent.work.Go(func() { i.certs.Run(ctx) })
}

// IngressCertificates implements certs.Servers.
func (i *ingress) IngressCertificates(ctx context.Context, digest string) (structs.IngressCertificates, error) {
	return i.agent.link.IngressCertificates(ctx, digest)
}

// ACMECall implements certs.Servers.
func (i *ingress) ACMECall(ctx context.Context, in structs.ACMECall) (structs.ACMEAnswer, error) {
	return i.agent.link.ACMECall(ctx, in)
}

// trafficCalls answers what servers ask about the traffic of this instance.
func (a *Agent) trafficCalls(instance string) http.Handler {
	if a.ingress == nil {
		return http.NotFoundHandler()
	}
	return a.ingress.Handler(instance)
}
