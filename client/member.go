package client

import (
	"context"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// Members lists the servers and agents that the server knows by gossip.
func (c *Client) Members(ctx context.Context) (structs.MemberList, error) {
	var out structs.MemberList
	err := c.do(ctx, http.MethodGet, "/v1/members", nil, nil, &out)
	return out, err
}

// RaftPeers lists the raft peers as the server has them.
func (c *Client) RaftPeers(ctx context.Context) (structs.PeerList, error) {
	var out structs.PeerList
	err := c.do(ctx, http.MethodGet, "/v1/status/raft", nil, nil, &out)
	return out, err
}

// Leave removes the server that is asked from its cluster. Its process then ends.
func (c *Client) Leave(ctx context.Context) error {
	return c.do(ctx, http.MethodPost, "/v1/server/leave", nil, nil, nil)
}

// RotateGossipKey makes all members encrypt gossip with a new key.
func (c *Client) RotateGossipKey(ctx context.Context) (structs.GossipRotation, error) {
	var out structs.GossipRotation
	err := c.do(ctx, http.MethodPost, "/v1/gossip/rotate", nil, nil, &out)
	return out, err
}
