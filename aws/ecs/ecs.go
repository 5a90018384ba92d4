// Package ecs speaks the Amazon ECS API: one file for each group of actions (clusters.go,
// run_task.go …), render_*.go for how a noun looks on the wire. It decides nothing: what the
// cluster does is control's to say.
//
// The *.gen.go files are written by aws/gen from the API's model.
package ecs

import (
	"context"

	"github.com/gantry-project/gantry/aws/protocol"
	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
)

// New returns the ECS API.
func New(c *control.Control) protocol.Service {
	return protocol.Service{API: API, Actions: actions(c), TakesUnknown: agentOperations}
}

// agentOperations are for ECS's container agents. Their newer versions send members that the model
// for users does not have, and that need no answer.
var agentOperations = map[string]bool{
	"DiscoverPollEndpoint": true, "RegisterContainerInstance": true, "SubmitAttachmentStateChanges": true,
	"SubmitContainerStateChange": true, "SubmitTaskStateChange": true,
}

// call is one request in an action.
type call struct {
	control  *control.Control
	arns     arns
	endpoint string // where the caller reached this server
}

// frame is what all actions have in common.
func frame(c *control.Control) protocol.Frame[*call] {
	return protocol.Frame[*call]{
		Open: func(r *protocol.Request) *call {
			return &call{control: c, arns: arns{r.ARNs()}, endpoint: r.Endpoint}
		},
		Authorize: (*call).authorize,
		// ECS's own messages; clients match on them.
		EnumTexts: map[string]string{"launchType": "launch type should be one of [%s]"},
	}
}

// readCluster returns the state, and the name of the ACTIVE cluster that a cluster argument means.
func (c *call) readCluster(ctx context.Context, argument string) (view, string, error) {
	v, err := c.control.Read(ctx)
	if err != nil {
		return nil, "", err
	}
	name, err := c.activeCluster(v, argument)
	return v, name, err
}

// activeCluster resolves a cluster argument to the name of an ACTIVE cluster, or fails with ECS's
// error.
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
