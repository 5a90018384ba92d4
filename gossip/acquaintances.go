package gossip

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"sync"

	"github.com/hashicorp/memberlist"
	"github.com/hashicorp/serf/serf"

	"github.com/gantry-project/gantry/structs"
)

// agentsKnown is how many agents an agent knows, itself among them. Each is so probed by about as
// many, and what servers have to say reaches everyone by way of them.
const agentsKnown = 12

// serverTag is the role of a server as it stands in the tags that serf has encoded: MessagePack, in
// which a short string comes behind a byte of 0xa0 and its length.
const serverTag = "\xa4" + tagRole + "\xa6" + structs.RoleServer

// errStranger keeps a member out of an agent's list. Nobody sees it but the library's log.
var errStranger = errors.New("enough agents are known")

// acquaintances are the agents that an agent knows: some of those that are there when it comes, and
// others in place of those that go. It asks memberlist to overlook the rest.
type acquaintances struct {
	mu    sync.Mutex
	known map[string]bool // by id; false: it has gone, and is welcome back
	there int             // how many are true
}

func newAcquaintances() *acquaintances { return &acquaintances{known: map[string]bool{}} }

// NotifyMerge is told of everyone that another member knows, when this one joins
// (memberlist.MergeDelegate). The agents to know are picked at random, since all that join at a
// time are told the same list in the same order: its first would be known, and probed, by all.
func (a *acquaintances) NotifyMerge(everyone []*memberlist.Node) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, n := range rand.Perm(len(everyone)) {
		node := everyone[n]
		if a.there >= agentsKnown {
			break
		}
		if node.State == memberlist.StateAlive && !bytes.Contains(node.Meta, []byte(serverTag)) && !a.known[node.Name] {
			a.known[node.Name] = true
			a.there++
		}
	}
	return nil
}

// NotifyAlive is memberlist's question whether to take a member in (memberlist.AliveDelegate).
func (a *acquaintances) NotifyAlive(node *memberlist.Node) error {
	if bytes.Contains(node.Meta, []byte(serverTag)) {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	there, known := a.known[node.Name]
	switch {
	case there:
		return nil
	case !known && a.there >= agentsKnown:
		return errStranger
	}
	a.known[node.Name] = true
	a.there++
	return nil
}

// note takes in who has gone.
func (a *acquaintances) note(event serf.MemberEvent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, of := range event.Members {
		there, known := a.known[of.Name]
		if !known || event.Type == serf.EventMemberJoin || event.Type == serf.EventMemberUpdate {
			continue
		}
		if there {
			a.known[of.Name] = false
			a.there--
		}
		if event.Type == serf.EventMemberReap {
			delete(a.known, of.Name)
		}
	}
}
