package certificates

import (
	"slices"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// claimsOf returns the host names for which a listener needs a certificate that it does not name:
// those in the host-header conditions of the rules of an HTTPS listener without certificates.
// Patterns claim nothing, but a wildcard for the first label does.
func claimsOf(snap *state.Snapshot, l *structs.Listener) (names []string) {
	if l.Protocol != structs.ProtocolHTTPS || len(l.Certificates) > 0 {
		return nil
	}
	for r := range snap.ListenerRules(l.ID) {
		for _, condition := range r.Conditions {
			if condition.Field != structs.FieldHostHeader {
				continue
			}
			for _, value := range condition.Values {
				name := strings.TrimSuffix(strings.ToLower(value), ".")
				rest := strings.TrimPrefix(name, "*.")
				if (hostName.MatchString(rest) || name == localhost) && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	return names
}

// HasHTTPS reports whether a listener serves HTTPS for a host name, so that HTTP can redirect to
// it.
func HasHTTPS(snap *state.Snapshot, l *structs.Listener, name string) bool {
	name = strings.ToLower(name)
	for _, arn := range l.Certificates {
		id, _ := structs.CertificateID(arn)
		if c := snap.Certificate(id); c != nil && c.Covers(name) {
			return true
		}
	}
	_, rest, _ := strings.Cut(name, ".")
	claims := claimsOf(snap, l)
	return slices.Contains(claims, name) || slices.Contains(claims, "*."+rest)
}
