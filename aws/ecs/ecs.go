// Package ecs speaks the Amazon ECS API: one file for each group of actions (clusters.go,
// run_task.go …), render_*.go for how a noun looks on the wire. It decides nothing: what the
// cluster does is control's to say.
//
// The *.gen.go files are written by aws/gen from the API's model.
package ecs

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// DefaultAccount stands in ARNs where none is configured.
const DefaultAccount = "000000000000"

// DefaultRegion stands in ARNs of callers that do not sign, where none is configured.
const DefaultRegion = "us-east-1"

// Config is what the ECS door needs.
type Config struct {
	Control *control.Control
	Region  string // of callers that do not sign; empty: DefaultRegion
	Account string // 12 digits; empty: DefaultAccount
	Logger  *slog.Logger
}

// New makes the handler of POST / for requests of the ECS API.
func New(c Config) http.Handler {
	s := &service{control: c.Control, account: cmp.Or(c.Account, DefaultAccount)}
	return &protocol.Router{
		Services: []protocol.Service{{Prefix: targetPrefix, Operations: operations, Actions: s.actions()}},
		Region:   cmp.Or(c.Region, DefaultRegion),
		Logger:   c.Logger,
	}
}

type service struct {
	control *control.Control
	account string
}

// call is one request on its way through an action.
type call struct {
	control  *control.Control
	arns     arns
	endpoint string // where the caller found us
}

// enumTexts are ECS's own texts for an unknown enum value; clients match on them.
var enumTexts = map[string]string{"launchType": "launch type should be one of [%s]"}

// request is the pointer of a generated request.
type request[Req any] interface {
	*Req
	Check(*protocol.Checker)
}

// handle makes an action of a method: before the method is called, the request is read, its caller
// is asked whether they may, and it is checked.
func handle[Req any, Resp any, P request[Req]](s *service, method func(*call, context.Context, *Req) (*Resp, error)) protocol.Action {
	return func(ctx context.Context, r *protocol.Request) (any, error) {
		in := new(Req)
		if err := protocol.Decode(r.Body, in); err != nil {
			return nil, err
		}
		c := &call{control: s.control, arns: arns{region: r.Region, account: s.account}, endpoint: r.Endpoint}
		if err := c.authorize(ctx, r.Operation, in); err != nil {
			return nil, err
		}
		checker := protocol.Checker{EnumTexts: enumTexts}
		P(in).Check(&checker)
		if err := checker.Err(); err != nil {
			return nil, err
		}
		return method(c, ctx, in)
	}
}

// readCluster gives the state and, of a cluster argument, the name of the ACTIVE cluster that it
// means.
func (c *call) readCluster(ctx context.Context, argument string) (view, string, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, "", err
	}
	name, err := c.activeCluster(v, argument)
	return v, name, err
}

// activeCluster resolves a cluster argument to an ACTIVE cluster's name, or fails with ECS's error.
func (c *call) activeCluster(v view, argument string) (string, error) {
	name, err := c.arns.parseCluster(argument)
	if err != nil {
		return "", err
	}
	switch cluster := v.Cluster(name); {
	case cluster == nil:
		return "", structs.ErrClusterNotFound()
	case cluster.Status != structs.ClusterActive:
		return "", structs.ErrClusterInactive()
	}
	return name, nil
}
