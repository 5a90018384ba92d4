package certificates

import (
	"context"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// RequestInput asks the cluster's authority for a certificate.
type RequestInput struct {
	Domain string
	Names  []string // besides Domain
	Method string   // of validation, which is shown again: DNS or HTTP
	Token  string   // the same one within an hour finds the certificate of the first call
	Tags   []structs.Tag
}

// maxNames is how many names a certificate can have, those of Let's Encrypt.
const maxNames = 100

// tokenLife is how long an idempotency token counts (ACM).
const tokenLife = structs.Time(60 * 60 * 1000)

var hostName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Request adds a certificate for an ingress instance to order. Gantry dev issues it at once.
func (c *Certificates) Request(ctx context.Context, in RequestInput) (*structs.Certificate, error) {
	if why := c.problem(); why != "" {
		return nil, structs.Errorf(structs.KindUnsupportedFeature, "%s", why)
	}
	names, err := c.namesToOrder(in)
	if err != nil {
		return nil, err
	}
	snap, err := c.Read(ctx)
	if err != nil {
		return nil, err
	}
	now := c.Now()
	if in.Token != "" {
		for old := range snap.Certificates() {
			if old.Token == in.Token && now-old.CreatedAt < tokenLife && slices.Equal(old.Names, names) {
				return old, nil
			}
		}
	}
	made := structs.Certificate{
		ID: newID(), Type: structs.CertificateIssued, Domain: names[0], Names: names, CreatedAt: now,
		Token: in.Token, Method: in.Method,
	}
	if !c.Local {
		return c.put(ctx, made, nil, in.Tags, false)
	}
	made.Type = structs.CertificateLocal
	key, err := c.issueLocally(ctx, &made)
	if err != nil {
		return nil, err
	}
	return c.put(ctx, made, key, in.Tags, false)
}

func (c *Certificates) namesToOrder(in RequestInput) (names []string, err error) {
	for _, name := range append([]string{in.Domain}, in.Names...) {
		name = strings.TrimSuffix(strings.ToLower(name), ".")
		rest, wild := strings.CutPrefix(name, "*.")
		if _, err := netip.ParseAddr(name); err == nil || !hostName.MatchString(rest) {
			return nil, invalid("'%s' is not a host name of at least two labels, such as web.example.org.", name)
		}
		if wild && !c.Local {
			return nil, structs.Errorf(structs.KindUnsupportedFeature,
				"%s: a wildcard certificate needs a DNS record, which Gantry does not make; name each host, or import a wildcard certificate", name)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) > maxNames {
		return nil, structs.Errorf(structs.KindLimitExceeded, "a certificate has at most %d names; these are %d", maxNames, len(names))
	}
	return names, nil
}

// Delete deletes a certificate that nothing uses.
func (c *Certificates) Delete(ctx context.Context, arn string) error {
	found, snap, err := c.Find(ctx, arn)
	if err != nil {
		return err
	}
	if used := UsedBy(snap, found); len(used) > 0 {
		return structs.Errorf(structs.KindResourceInUse, "Certificate %s is in use by %s.", arn, strings.Join(ListenerNames(snap, used), ", "))
	}
	_, err = c.Log.Apply(ctx, structs.DeleteCertificate{ID: found.ID})
	return err
}

// Renew has a certificate issued again now, or tries again at once after a failure.
func (c *Certificates) Renew(ctx context.Context, arn string) error {
	found, snap, err := c.Find(ctx, arn)
	if err != nil {
		return err
	}
	switch found.Type {
	case structs.CertificateImported:
		return invalid("Certificate %s was imported, so Gantry cannot renew it. Import its successor: gantry cert import --replace %s", arn, found.ID)
	case structs.CertificateLocal:
		made := *found
		key, err := c.issueLocally(ctx, &made)
		if err != nil {
			return err
		}
		_, err = c.put(ctx, made, key, snap.Tags(structs.CertificateKey(found.ID)), true)
		return err
	}
	if why := c.problem(); why != "" {
		return structs.Errorf(structs.KindUnsupportedFeature, "%s", why)
	}
	_, err = c.Log.Apply(ctx, structs.RenewCertificate{ID: found.ID, At: c.Now()})
	return err
}

// Tag sets tags on a certificate.
func (c *Certificates) Tag(ctx context.Context, arn string, tags []structs.Tag) error {
	found, _, err := c.Find(ctx, arn)
	if err != nil {
		return err
	}
	return c.Control.Tag(ctx, structs.CertificateKey(found.ID), tags)
}

// Untag removes tags of a certificate by key.
func (c *Certificates) Untag(ctx context.Context, arn string, keys []string) error {
	found, _, err := c.Find(ctx, arn)
	if err != nil {
		return err
	}
	return c.Control.Untag(ctx, structs.CertificateKey(found.ID), keys)
}
