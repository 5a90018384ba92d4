package certificates

import (
	"context"
	"crypto/tls"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/structs"
)

// The lease of an order. Its holder prolongs it long before its end, so when an ingress instance
// dies another orders after at most leaseLife.
const leaseLife = structs.Time(30_000)

// The wait after failures: one minute after the first, four times as long after each other one.
// Let's Encrypt refuses a name for an hour after five failed validations.
const (
	firstWait = structs.Time(60_000)
	mostWait  = 6 * hour
)

// ACMECall carries out what an ingress instance asks while it orders a certificate or answers a
// challenge.
func (c *Certificates) ACMECall(ctx context.Context, instance string, in structs.ACMECall) (out structs.ACMEAnswer, err error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return out, err
	}
	if err := isIngress(snap, instance); err != nil {
		return out, err
	}
	if c.ACME == nil {
		return out, structs.Errorf(structs.KindUnsupportedFeature, "%s", noIssuer)
	}
	holder := instance + "/" + in.Holder
	switch in.Operation {
	case structs.ACMELease:
		return c.lease(ctx, holder, in.Certificate)
	case structs.ACMEReport:
		return out, c.report(ctx, holder, in)
	}
	if !strings.HasPrefix(in.Path, structs.ACMEAccounts) && !strings.HasPrefix(in.Path, structs.ACMEChallenges) {
		return out, structs.Errorf(structs.KindAccessDenied, "ingress instances share nothing under %q", in.Path)
	}
	switch in.Operation {
	case structs.ACMELoad:
		return c.load(ctx, in.Path)
	case structs.ACMEDelete:
		_, err := c.Log.Apply(ctx, structs.DeleteACMEFile{Path: in.Path})
		return out, err
	case structs.ACMEStore:
		_, err := c.Vault.ApplySealed(ctx, func(seal vault.Seal) structs.Command {
			return structs.PutACMEFile{New: in.New, File: structs.ACMEFile{
				Path: in.Path, At: c.Now(), Value: seal(structs.ACMESealName(in.Path), in.Value),
			}}
		})
		if err != nil {
			return out, err
		}
		return c.load(ctx, in.Path)
	}
	return out, structs.Errorf(structs.KindInvalidParameter, "there is no operation %q", in.Operation)
}

// load returns what is shared under a path.
func (c *Certificates) load(ctx context.Context, path string) (out structs.ACMEAnswer, err error) {
	snap, err := c.Read(ctx)
	if err != nil {
		return out, err
	}
	file := snap.ACMEFile(path)
	if file == nil {
		return out, nil
	}
	out.Value, err = c.Vault.Unseal(snap, structs.ACMESealName(path), file.Value)
	out.Found = err == nil
	return out, err
}

// lease gives the right to order a certificate. One that a rule claims is made by that.
func (c *Certificates) lease(ctx context.Context, holder string, in structs.CertificateRequest) (structs.ACMEAnswer, error) {
	now := c.Now()
	cmd := structs.LeaseCertificate{ID: in.ID, Holder: holder, At: now, Until: now + leaseLife}
	if in.ID == "" && len(in.Names) == 1 {
		if err := c.stillClaimed(ctx, in.Names[0]); err != nil {
			return structs.ACMEAnswer{}, err
		}
		cmd.ID = newID()
		cmd.Claimed = &structs.Certificate{
			ID: cmd.ID, Type: structs.CertificateIssued, Domain: in.Names[0], Names: in.Names, Claimed: true, CreatedAt: now,
		}
	}
	applied, err := c.Log.Apply(ctx, cmd)
	return structs.ACMEAnswer{ID: applied.Key}, err
}

// stillClaimed fails if no rule claims a name.
func (c *Certificates) stillClaimed(ctx context.Context, name string) error {
	snap, err := c.Control.Read(control.AllowStale(ctx))
	if err != nil {
		return err
	}
	for l := range snap.AllListeners() {
		if slices.Contains(claimsOf(snap, l), name) {
			return nil
		}
	}
	return structs.Errorf(structs.KindResourceNotFound, "no rule of an HTTPS listener without certificates is for host %s", name)
}

// report ends an order.
func (c *Certificates) report(ctx context.Context, holder string, in structs.ACMECall) error {
	found, _, err := c.Find(ctx, in.Certificate.ID)
	if err != nil {
		return err
	}
	cmd := structs.ReportCertificate{ID: found.ID, Holder: holder, At: c.Now()}
	if in.Problem != "" {
		wait := firstWait
		for range min(found.Order.Failures, 10) {
			wait = min(4*wait, mostWait)
		}
		cmd.Problem, cmd.Next = in.Problem, cmd.At+wait
		_, err := c.Log.Apply(ctx, cmd)
		return err
	}
	pair, err := tls.X509KeyPair([]byte(in.Chain), []byte(in.Key))
	if err != nil {
		return invalid("the certificate that was ordered is not valid: %v", err)
	}
	cmd.Chain, cmd.NotBefore, cmd.NotAfter = in.Chain, structs.TimeOf(pair.Leaf.NotBefore), structs.TimeOf(pair.Leaf.NotAfter)
	_, err = c.Vault.ApplySealed(ctx, func(seal vault.Seal) structs.Command {
		cmd.Key = seal(structs.CertificateSealName(found.ID), []byte(in.Key))
		return cmd
	})
	return err
}
