package elbv2

import (
	"context"
	"fmt"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

func (c *call) createListener(ctx context.Context, in *CreateListenerInput) (*CreateListenerOutput, error) {
	tags, err := tagsOf(in.Tags)
	if err == nil {
		err = noClientCertificates(in.MutualAuthentication)
	}
	if err != nil {
		return nil, err
	}
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	b, err := c.loadBalancer(snap, in.LoadBalancerArn)
	if err != nil {
		return nil, err
	}
	certificates, err := defaultCertificate(in.Certificates)
	if err != nil {
		return nil, err
	}
	actions, err := c.actionsOf(snap, in.DefaultActions)
	if err != nil {
		return nil, err
	}
	l, err := c.traffic.CreateListener(ctx, structs.Listener{
		LoadBalancer: b.ID, Protocol: in.Protocol, Port: number(in.Port), Certificates: certificates, SSLPolicy: in.SslPolicy,
		ALPN: in.AlpnPolicy, DefaultActions: actions,
	}, tags)
	if err != nil {
		return nil, err
	}
	shown, err := c.showListener(ctx, l)
	return &CreateListenerOutput{Listeners: shown}, err
}

// noClientCertificates refuses mutual TLS, which Gantry does not have.
func noClientCertificates(m *MutualAuthenticationAttributes) error {
	if m == nil || m.Mode == "" || m.Mode == "off" {
		return nil
	}
	return refuse("MutualAuthentication: the mode '"+m.Mode+"'", "use off")
}

// defaultCertificate reads the certificate of a listener: one at most (elbv2).
func defaultCertificate(in []Certificate) ([]string, error) {
	switch {
	case len(in) == 0:
		return nil, nil
	case len(in) > 1:
		return nil, structs.Errorf(structs.KindTooManyCertificates, "Up to 1 certificate can be specified, but '%d' were specified; add more with AddListenerCertificates", len(in))
	case in[0].IsDefault != nil:
		return nil, structs.Errorf(structs.KindInvalidParameter, "The IsDefault member of a certificate cannot be specified")
	}
	return []string{in[0].CertificateArn}, nil
}

// showListener shows a listener as it is, in a list of one.
func (c *call) showListener(ctx context.Context, l *structs.Listener) ([]Listener, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	b := snap.LoadBalancer(l.LoadBalancer)
	if b == nil {
		return nil, structs.ErrListenerNotFound()
	}
	return []Listener{c.listenerShape(snap, b, l)}, nil
}

func (c *call) listenerShape(v view, b *structs.LoadBalancer, l *structs.Listener) Listener {
	out := Listener{
		ListenerArn: c.arn(l.Resource(b)), LoadBalancerArn: c.arn(b.Resource()), Protocol: l.Protocol, Port: new(l.Port),
		SslPolicy: l.SSLPolicy, AlpnPolicy: l.ALPN, DefaultActions: c.showActions(v, l.DefaultActions),
	}
	if len(l.Certificates) > 0 {
		out.Certificates = []Certificate{{CertificateArn: l.Certificates[0]}}
	}
	if l.Protocol == structs.ProtocolHTTPS {
		out.MutualAuthentication = &MutualAuthenticationAttributes{Mode: "off"}
	}
	return out
}

// describeListeners shows the listeners of a load balancer, or those of ARNs.
func (c *call) describeListeners(ctx context.Context, in *DescribeListenersInput) (*DescribeListenersOutput, error) {
	if given(in.LoadBalancerArn != "", len(in.ListenerArns) > 0) != 1 {
		return nil, structs.Errorf(structs.KindInvalidParameter, "You must specify either listener ARNs or a load balancer ARN")
	}
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	var rows []*structs.Listener
	if in.LoadBalancerArn != "" {
		b, err := c.loadBalancer(snap, in.LoadBalancerArn)
		if err != nil {
			return nil, err
		}
		rows = slices.Collect(snap.Listeners(b.ID))
	}
	for _, arn := range in.ListenerArns {
		l, _, err := c.listener(snap, arn)
		if err != nil {
			return nil, err
		}
		rows = append(rows, l)
	}
	key := func(l *structs.Listener) string { return fmt.Sprintf("%s/%05d/%s", l.LoadBalancer, l.Port, l.ID) }
	rows, next, err := page("DescribeListeners", unique(rows, key), key, in.PageSize, in.Marker)
	if err != nil {
		return nil, err
	}
	out := &DescribeListenersOutput{NextMarker: next}
	for _, l := range rows {
		out.Listeners = append(out.Listeners, c.listenerShape(snap, snap.LoadBalancer(l.LoadBalancer), l))
	}
	return out, nil
}

// changeListener changes the listener of an ARN.
func (c *call) changeListener(ctx context.Context, arn string, change func(*structs.Listener) error) (*structs.Listener, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	l, _, err := c.listener(snap, arn)
	if err != nil {
		return nil, err
	}
	return c.traffic.ChangeListener(ctx, l.ID, change)
}

// modifyListener leaves what the request does not name as it is. A certificate replaces the default
// one, and the others stay. What only TLS has goes when the protocol has none.
func (c *call) modifyListener(ctx context.Context, in *ModifyListenerInput) (*ModifyListenerOutput, error) {
	certificates, err := defaultCertificate(in.Certificates)
	if err == nil {
		err = noClientCertificates(in.MutualAuthentication)
	}
	if err != nil {
		return nil, err
	}
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	actions, err := c.actionsOf(snap, in.DefaultActions)
	if err != nil {
		return nil, err
	}
	l, err := c.changeListener(ctx, in.ListenerArn, func(l *structs.Listener) error {
		if in.Protocol != "" && in.Protocol != l.Protocol {
			if !structs.IsHTTP(l.Protocol) || !structs.IsHTTP(in.Protocol) {
				l.Attributes = nil
			}
			l.Protocol, l.ALPN = in.Protocol, nil
			if !l.UsesTLS() {
				l.Certificates, l.SSLPolicy = nil, ""
			}
		}
		set(&l.Port, in.Port)
		if in.SslPolicy != "" {
			l.SSLPolicy = in.SslPolicy
		}
		if in.AlpnPolicy != nil {
			l.ALPN = in.AlpnPolicy
		}
		if len(certificates) > 0 {
			rest := slices.DeleteFunc(slices.Clone(l.Certificates[min(1, len(l.Certificates)):]), func(arn string) bool { return arn == certificates[0] })
			l.Certificates = append(certificates[:1:1], rest...)
		}
		if len(actions) > 0 {
			l.DefaultActions = actions
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	shown, err := c.showListener(ctx, l)
	return &ModifyListenerOutput{Listeners: shown}, err
}

func (c *call) deleteListener(ctx context.Context, in *DeleteListenerInput) (*DeleteListenerOutput, error) {
	snap, err := c.traffic.Read(ctx)
	if err != nil {
		return nil, err
	}
	l, _, err := c.listener(snap, in.ListenerArn)
	if err != nil {
		return nil, err
	}
	return &DeleteListenerOutput{}, c.traffic.DeleteListener(ctx, l.ID)
}
