package link

import (
	"context"

	"github.com/gantry-project/gantry/client"
	"github.com/gantry-project/gantry/structs"
)

// What ingress instances ask servers about certificates.

// IngressCertificates asks any server.
func (s *Servers) IngressCertificates(ctx context.Context, instance, digest string) (out structs.IngressCertificates, err error) {
	err = s.call(ctx, func(ctx context.Context, c *client.Client) error {
		out, err = c.IngressCertificates(ctx, instance, digest)
		return err
	})
	return out, err
}

// ACMECall asks any server.
func (s *Servers) ACMECall(ctx context.Context, instance string, in structs.ACMECall) (out structs.ACMEAnswer, err error) {
	err = s.call(ctx, func(ctx context.Context, c *client.Client) error {
		out, err = c.ACMECall(ctx, instance, in)
		return err
	})
	return out, err
}
