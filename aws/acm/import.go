package acm

import (
	"cmp"
	"context"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control/certificates"
	"github.com/gantry-project/gantry/structs"
)

func (c *call) importCertificate(ctx context.Context, in *ImportCertificateRequest) (*ImportCertificateResponse, error) {
	if err := protocol.CheckTags("Tags", tagsOf(in.Tags)); err != nil {
		return nil, err
	}
	if in.CertificateArn != "" {
		if _, err := c.find(ctx, in.CertificateArn); err != nil {
			return nil, err
		}
	}
	made, err := c.certificates.Import(ctx, certificates.ImportInput{
		ARN: in.CertificateArn, Certificate: in.Certificate, Key: in.PrivateKey, Chain: in.CertificateChain, Tags: tagsOf(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &ImportCertificateResponse{CertificateArn: c.arn(made)}, nil
}

// keyAlgorithm is that of the certificates that Gantry orders.
const keyAlgorithm = "EC_prime256v1"

func (c *call) requestCertificate(ctx context.Context, in *RequestCertificateRequest) (*RequestCertificateResponse, error) {
	if err := cmp.Or(
		refuse("ValidationMethod EMAIL", "the cluster's authority asks the listeners (HTTP); give HTTP, DNS or nothing", in.ValidationMethod == "EMAIL"),
		refuse("CertificateAuthorityArn", "there are no private authorities here; leave it out", in.CertificateAuthorityArn != ""),
		refuse("ManagedBy", "there is no CloudFront here; leave it out", in.ManagedBy != ""),
		refuse("KeyAlgorithm "+in.KeyAlgorithm, "ordered certificates have keys of "+keyAlgorithm+"; import one with another key",
			in.KeyAlgorithm != "" && in.KeyAlgorithm != keyAlgorithm),
		checkOptions(in.Options),
		protocol.CheckTags("Tags", tagsOf(in.Tags)),
	); err != nil {
		return nil, err
	}
	made, err := c.certificates.Request(ctx, certificates.RequestInput{
		Domain: in.DomainName, Names: in.SubjectAlternativeNames, Token: in.IdempotencyToken, Method: in.ValidationMethod, Tags: tagsOf(in.Tags),
	})
	if err != nil {
		return nil, err
	}
	return &RequestCertificateResponse{CertificateArn: c.arn(made)}, nil
}

// checkOptions refuses options other than those that every certificate has.
func checkOptions(in *CertificateOptions) error {
	if in == nil {
		return nil
	}
	return cmp.Or(
		refuse("Options.CertificateTransparencyLoggingPreference DISABLED", "authorities log every certificate; leave it out",
			in.CertificateTransparencyLoggingPreference == "DISABLED"),
		refuse("Options.Export ENABLED", noExport, in.Export == "ENABLED"),
	)
}

const noExport = "private keys never leave the cluster's ingress instances; import a certificate whose key you keep yourself"

func (c *call) updateOptions(ctx context.Context, in *UpdateCertificateOptionsRequest) (*none, error) {
	if _, err := c.find(ctx, in.CertificateArn); err != nil {
		return nil, err
	}
	return &none{}, checkOptions(in.Options)
}

func (c *call) exportCertificate(ctx context.Context, in *ExportCertificateRequest) (*ExportCertificateResponse, error) {
	if _, err := c.find(ctx, in.CertificateArn); err != nil {
		return nil, err
	}
	return nil, refuse("ExportCertificate", noExport, true)
}

func (c *call) deleteCertificate(ctx context.Context, in *DeleteCertificateRequest) (*none, error) {
	if _, err := c.find(ctx, in.CertificateArn); err != nil {
		return nil, err
	}
	return &none{}, c.certificates.Delete(ctx, in.CertificateArn)
}

func (c *call) renewCertificate(ctx context.Context, in *RenewCertificateRequest) (*none, error) {
	if _, err := c.find(ctx, in.CertificateArn); err != nil {
		return nil, err
	}
	return &none{}, c.certificates.Renew(ctx, in.CertificateArn)
}

func (c *call) addTags(ctx context.Context, in *AddTagsToCertificateRequest) (*none, error) {
	if _, err := c.find(ctx, in.CertificateArn); err != nil {
		return nil, err
	}
	tags := tagsOf(in.Tags)
	if err := protocol.CheckTags("Tags", tags); err != nil {
		return nil, err
	}
	return &none{}, c.certificates.Tag(ctx, in.CertificateArn, tags)
}

// removeTags removes tags by key; one that is given with a value only if it has that value (ACM).
func (c *call) removeTags(ctx context.Context, in *RemoveTagsFromCertificateRequest) (*none, error) {
	found, err := c.find(ctx, in.CertificateArn)
	if err != nil {
		return nil, err
	}
	snap, err := c.certificates.Read(ctx)
	if err != nil {
		return nil, err
	}
	var keys []string
	for _, t := range in.Tags {
		for _, has := range snap.Tags(structs.CertificateKey(found.ID)) {
			if has.Key == t.Key && (t.Value == "" || t.Value == has.Value) {
				keys = append(keys, t.Key)
			}
		}
	}
	if len(keys) == 0 {
		return &none{}, nil
	}
	return &none{}, c.certificates.Untag(ctx, in.CertificateArn, keys)
}

func (c *call) listTags(ctx context.Context, in *ListTagsForCertificateRequest) (*ListTagsForCertificateResponse, error) {
	found, err := c.find(ctx, in.CertificateArn)
	if err != nil {
		return nil, err
	}
	snap, err := c.certificates.Read(ctx)
	if err != nil {
		return nil, err
	}
	out := &ListTagsForCertificateResponse{}
	for _, t := range snap.Tags(structs.CertificateKey(found.ID)) {
		out.Tags = append(out.Tags, Tag{Key: t.Key, Value: t.Value})
	}
	return out, nil
}
