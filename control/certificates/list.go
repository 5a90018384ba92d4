package certificates

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// arnPrefix begins the ARNs of callers that sign for no region, as people do here.
const arnPrefix = "arn:aws:acm:us-east-1:000000000000:"

// List returns all certificates by name, with their problems.
func (c *Certificates) List(ctx context.Context) (structs.CertificateList, error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return structs.CertificateList{}, err
	}
	out := structs.CertificateList{Problem: c.problem(), Certificates: []structs.CertificateStatus{}}
	switch {
	case c.ACME != nil:
		out.Issuer = c.ACME.Directory
	case c.Local:
		out.Issuer = "local"
	}
	for one := range snap.Certificates() {
		status := structs.CertificateStatus{
			Certificate: *one, ARN: arnPrefix + one.Resource(), Status: one.Status(c.Now()), UsedBy: ListenerNames(snap, UsedBy(snap, one)),
		}
		if one.Type == structs.CertificateIssued && c.ACME != nil {
			status.RenewsAt = one.RenewAt()
			if status.Order.Problem == "" && one.Chain == "" && !answers(snap) {
				status.Order.Problem = "there is no HTTP or HTTPS listener at which the authority could ask for it; make one on port 80 or 443"
			}
		}
		out.Certificates = append(out.Certificates, status)
	}
	slices.SortFunc(out.Certificates, func(a, b structs.CertificateStatus) int {
		return cmp.Or(strings.Compare(a.Domain, b.Domain), strings.Compare(a.ID, b.ID))
	})
	return out, nil
}

// answers reports whether there is a listener that can answer an authority's challenges.
func answers(snap *state.Snapshot) bool {
	for l := range snap.AllListeners() {
		if l.Protocol == structs.ProtocolHTTP || l.Protocol == structs.ProtocolHTTPS {
			return true
		}
	}
	return false
}

// ListenerNames returns listeners for people, as LOADBALANCER:PORT.
func ListenerNames(snap *state.Snapshot, list []*structs.Listener) (names []string) {
	for _, l := range list {
		name := l.LoadBalancer
		if b := snap.LoadBalancer(l.LoadBalancer); b != nil {
			name = b.Name
		}
		names = append(names, fmt.Sprintf("%s:%d", name, l.Port))
	}
	return names
}
