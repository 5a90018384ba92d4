package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	autopilot "github.com/hashicorp/raft-autopilot"

	"github.com/gantry-project/gantry/structs"
)

// What servers ask each other beside raft and gossip, over HTTP under this path. Only servers may
// call it.
const peerPath = "/v1/peer/"

// peerTimeout bounds one call to a peer.
const peerTimeout = time.Second

// peerClient calls other servers.
type peerClient struct {
	http *http.Client
	// scheme is http or https.
	scheme string
}

// accept asks a server to agree to a new cluster.
func (c *peerClient) accept(ctx context.Context, address string, with proposal) error {
	return c.post(ctx, address, "accept", with, nil)
}

// stats asks a server how far its log is. Where another answers at its address by now, that fails.
func (c *peerClient) stats(ctx context.Context, address, id string) (autopilot.ServerStats, error) {
	var out autopilot.ServerStats
	return out, c.post(ctx, address, "stats", statsOf{Server: id}, &out)
}

// leases tells the leader of agents.
func (c *peerClient) leases(ctx context.Context, address string, report heardReport) error {
	return c.post(ctx, address, "leases", report, nil)
}

// led asks a server whether it leads or hears the leader.
func (c *peerClient) led(ctx context.Context, address string) (led bool, err error) {
	err = c.post(ctx, address, "led", struct{}{}, &led)
	return led, err
}

// leave asks the leader to let a server go, and whether it has it no more. It fails at other
// servers.
func (c *peerClient) leave(ctx context.Context, address, id string) (gone bool, err error) {
	err = c.post(ctx, address, "leave", id, &gone)
	return gone, err
}

// gossipKey asks a server for the gossip key in use.
func (c *peerClient) gossipKey(ctx context.Context, address string) (key []byte, err error) {
	err = c.post(ctx, address, "gossip-key", struct{}{}, &key)
	return key, err
}

// announce asks a server to say to all by gossip that it is there.
func (c *peerClient) announce(ctx context.Context, address string) error {
	return c.post(ctx, address, "announce", struct{}{}, nil)
}

func (c *peerClient) post(ctx context.Context, address, call string, in, out any) error {
	ctx, cancel := context.WithTimeout(ctx, peerTimeout)
	defer cancel()
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.scheme+"://"+address+peerPath+call, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
		return fmt.Errorf("%s of server %s: %s", call, address, bytes.TrimSpace(text))
	}
	if out == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

// Peers is the handler of what servers ask each other. The listener must let only servers reach it.
func (s *Server) Peers() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+peerPath+"accept", s.peerAccept)
	mux.HandleFunc("POST "+peerPath+"stats", s.peerStats)
	mux.HandleFunc("POST "+peerPath+"leases", s.peerLeases)
	mux.HandleFunc("POST "+peerPath+"leave", s.peerLeave)
	mux.HandleFunc("POST "+peerPath+"gossip-key", s.peerGossipKey)
	mux.HandleFunc("POST "+peerPath+"led", s.peerLed)
	mux.HandleFunc("POST "+peerPath+"announce", s.peerAnnounce)
	return mux
}

func (s *Server) peerAccept(w http.ResponseWriter, r *http.Request) {
	var with proposal
	err := json.NewDecoder(r.Body).Decode(&with)
	if err == nil && len(s.membership.configuration().Servers) > 0 {
		err = structs.Errorf(structs.KindConflict, "this server is of a cluster already")
	}
	if err == nil {
		err = s.membership.promise.accept(with, s.membership.alive)
	}
	answerPeer(w, struct{}{}, err)
}

// statsOf says who is asked. Servers of before that asked whoever was there.
type statsOf struct {
	Server string `json:"server"`
}

func (s *Server) peerStats(w http.ResponseWriter, r *http.Request) {
	var of statsOf
	err := json.NewDecoder(r.Body).Decode(&of)
	if err == nil && of.Server != "" && of.Server != s.config.ID {
		err = structs.Errorf(structs.KindConflict, "this is server %s, not %s", s.config.ID, of.Server)
	}
	answerPeer(w, s.membership.ownStats(), err)
}

func (s *Server) peerLeases(w http.ResponseWriter, r *http.Request) {
	var report heardReport
	err := json.NewDecoder(r.Body).Decode(&report)
	l := s.leader.Load()
	if err == nil && l == nil {
		err = structs.ErrNoLeader()
	}
	if err == nil {
		now, beats := time.Now(), map[string]time.Time{}
		for instance, age := range report.Heard {
			beats[instance] = now.Add(-time.Duration(age) * time.Millisecond)
		}
		l.hear(beats)
	}
	answerPeer(w, struct{}{}, err)
}

func (s *Server) peerLeave(w http.ResponseWriter, r *http.Request) {
	var id string
	err := json.NewDecoder(r.Body).Decode(&id)
	gone := false
	if err == nil {
		gone, err = s.leave(id)
	}
	answerPeer(w, gone, err)
}

func (s *Server) peerGossipKey(w http.ResponseWriter, _ *http.Request) {
	answerPeer(w, s.GossipKey(), nil)
}

func (s *Server) peerLed(w http.ResponseWriter, _ *http.Request) { answerPeer(w, s.led(), nil) }

func (s *Server) peerAnnounce(w http.ResponseWriter, _ *http.Request) {
	select {
	case s.membership.announce <- struct{}{}:
	default: // it is to do it already
	}
	answerPeer(w, struct{}{}, nil)
}

func answerPeer(w http.ResponseWriter, out any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out) // the caller's going is the caller's to notice
}
