package client

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/gantry-project/gantry/structs"
)

// Certificates returns the certificates for HTTPS, without their keys.
func (c *Client) Certificates(ctx context.Context) (out structs.CertificateList, err error) {
	err = c.do(ctx, http.MethodGet, "/v1/certificates", nil, nil, &out)
	return out, err
}

// CertificateAuthority returns the certificate of gantry dev's own authority, PEM.
func (c *Client) CertificateAuthority(ctx context.Context) ([]byte, error) {
	resp, err := c.send(ctx, http.MethodGet, "/v1/certificates/authority", nil, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// CallCertificates carries out an action of the AWS Certificate Manager API.
func (c *Client) CallCertificates(ctx context.Context, action string, in, out any) error {
	return c.aws(ctx, structs.ServiceACM, "CertificateManager."+action, in, out)
}

// IngressCertificates returns what an ingress instance needs to serve HTTPS, when that is something
// else than what it has, or after some seconds.
func (c *Client) IngressCertificates(ctx context.Context, instance, digest string) (out structs.IngressCertificates, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/agent/certificates", url.Values{"instance": {instance}, "digest": {digest}}, nil, &out)
	return out, err
}

// ACMECall asks the leader something while a certificate is ordered or a challenge answered.
func (c *Client) ACMECall(ctx context.Context, instance string, in structs.ACMECall) (out structs.ACMEAnswer, err error) {
	err = c.do(ctx, http.MethodPost, "/v1/agent/acme", url.Values{"instance": {instance}}, in, &out)
	return out, err
}
