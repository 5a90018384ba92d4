package elbv2

import (
	"context"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// addListenerCertificates adds certificates for clients that name their hosts (SNI). Those that are
// there are no error.
func (c *call) addListenerCertificates(ctx context.Context, in *AddListenerCertificatesInput) (*AddListenerCertificatesOutput, error) {
	for _, given := range in.Certificates {
		if given.IsDefault != nil {
			return nil, structs.Errorf(structs.KindInvalidParameter, "The IsDefault member of a certificate cannot be specified")
		}
	}
	_, err := c.changeListener(ctx, in.ListenerArn, func(l *structs.Listener) error {
		l.Certificates = slices.Clone(l.Certificates)
		for _, given := range in.Certificates {
			if !slices.Contains(l.Certificates, given.CertificateArn) {
				l.Certificates = append(l.Certificates, given.CertificateArn)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := &AddListenerCertificatesOutput{}
	for _, given := range in.Certificates {
		out.Certificates = append(out.Certificates, Certificate{CertificateArn: given.CertificateArn, IsDefault: new(false)})
	}
	return out, nil
}

// removeListenerCertificates removes certificates, but for the default one.
func (c *call) removeListenerCertificates(ctx context.Context, in *RemoveListenerCertificatesInput) (*RemoveListenerCertificatesOutput, error) {
	_, err := c.changeListener(ctx, in.ListenerArn, func(l *structs.Listener) error {
		for _, given := range in.Certificates {
			if len(l.Certificates) > 0 && l.Certificates[0] == given.CertificateArn {
				return structs.Errorf(structs.KindOperationNotPermitted, "Default certificate '%s' cannot be removed; replace it with ModifyListener", given.CertificateArn)
			}
			l.Certificates = slices.DeleteFunc(slices.Clone(l.Certificates), func(arn string) bool { return arn == given.CertificateArn })
		}
		return nil
	})
	return &RemoveListenerCertificatesOutput{}, err
}

// describeListenerCertificates shows all certificates of a listener, the default one first.
func (c *call) describeListenerCertificates(ctx context.Context, in *DescribeListenerCertificatesInput) (*DescribeListenerCertificatesOutput, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	l, _, err := c.listener(snap, in.ListenerArn)
	if err != nil {
		return nil, err
	}
	var rows []Certificate
	for n, arn := range l.Certificates {
		rows = append(rows, Certificate{CertificateArn: arn, IsDefault: new(n == 0)})
	}
	key := func(k Certificate) string {
		if *k.IsDefault {
			return ""
		}
		return k.CertificateArn
	}
	out := &DescribeListenerCertificatesOutput{}
	out.Certificates, out.NextMarker, err = page("DescribeListenerCertificates", unique(rows, key), key, in.PageSize, in.Marker)
	return out, err
}
