package traffic

import (
	"context"
	"iter"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

func count[T any](all iter.Seq[T]) (n int) {
	for range all {
		n++
	}
	return n
}

// CreateListener adds a listener to a load balancer. One whose port is taken is refused, unless it
// is the same in everything: then that one is the answer (elbv2).
func (t *Traffic) CreateListener(ctx context.Context, l structs.Listener, tags []structs.Tag) (*structs.Listener, error) {
	snap, err := t.Read(ctx)
	if err != nil {
		return nil, err
	}
	of := snap.LoadBalancer(l.LoadBalancer)
	if of == nil {
		return nil, structs.ErrLoadBalancerNotFound()
	}
	if err := l.Validate(of); err != nil {
		return nil, err
	}
	if err := certificatesExist(snap, l.Certificates); err != nil {
		return nil, err
	}
	if count(snap.Listeners(of.ID)) >= structs.MaxListeners {
		return nil, structs.Errorf(structs.KindTooManyListeners, "A load balancer can have at most %d listeners", structs.MaxListeners)
	}
	l.ID, l.DefaultRule, l.CreatedAt, l.Version = t.newID(), t.newID(), t.Now(), 1
	_, err = t.control.Apply(ctx, structs.PutListener{Listener: l, Tags: tags})
	if structs.KindOf(err) == structs.KindDuplicateListener {
		if snap, err := t.Read(ctx); err == nil {
			for old := range snap.Listeners(of.ID) {
				if old.SameSettings(&l) {
					return old, nil
				}
			}
		}
	}
	return &l, err
}

// ChangeListener changes a listener, as ChangeLoadBalancer does.
func (t *Traffic) ChangeListener(ctx context.Context, id string, change func(*structs.Listener) error) (*structs.Listener, error) {
	var l structs.Listener
	return &l, retry(func() error {
		snap, err := t.Read(ctx)
		if err != nil {
			return err
		}
		old := snap.Listener(id)
		if old == nil {
			return structs.ErrListenerNotFound()
		}
		l = *old
		l.Version++
		l.DefaultActions = slices.Clone(old.DefaultActions)
		if err := change(&l); err != nil {
			return err
		}
		if err := l.Validate(snap.LoadBalancer(l.LoadBalancer)); err != nil {
			return err
		}
		if err := certificatesExist(snap, l.Certificates); err != nil {
			return err
		}
		for r := range snap.ListenerRules(l.ID) {
			if err := carriesRule(snap, &l, r); err != nil {
				return err
			}
		}
		_, err = t.control.Apply(ctx, structs.PutListener{Listener: l, Was: old.Version})
		return err
	})
}

// certificates reads certificates by id.
type certificates interface {
	Certificate(id string) *structs.Certificate
}

// certificatesExist fails if the cluster does not have one of the certificates, by ARN.
func certificatesExist(in certificates, arns []string) error {
	for _, arn := range arns {
		if id, ok := structs.CertificateID(arn); !ok || in.Certificate(id) == nil {
			return structs.Errorf(structs.KindCertificateNotFound, "Certificate '%s' not found: import it with gantry cert import, or name none and the "+
				"listener gets its certificates by itself", arn)
		}
	}
	return nil
}

// targetGroups reads target groups by id.
type targetGroups interface {
	TargetGroup(id string) *structs.TargetGroup
}

// carriesRule fails if a listener whose protocol changes could not carry the requests of one of its
// rules any more.
func carriesRule(groups targetGroups, l *structs.Listener, r *structs.ListenerRule) error {
	for _, id := range structs.ForwardGroups(r.Actions) {
		if g := groups.TargetGroup(id); g != nil && !structs.Carries(l.Protocol, g.Protocol) {
			return structs.Errorf(structs.KindIncompatibleProtocols,
				"The rule of priority %d forwards to the target group '%s' with the protocol '%s', which a listener with the protocol '%s' cannot",
				r.Priority, g.Name, g.Protocol, l.Protocol)
		}
	}
	return nil
}

// DeleteListener removes a listener with its rules.
func (t *Traffic) DeleteListener(ctx context.Context, id string) error {
	_, err := t.control.Apply(ctx, structs.DeleteListener{ID: id})
	return err
}
