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

// agentsKnown is how many agents an agent knows, itself included. So each is probed by about as
// many, and what servers say reaches everyone through them.
const agentsKnown = 12

// serverTag is the role of a server in the tags as serf encodes them: MessagePack, where a short
// string follows a byte of 0xa0 plus its length.
const serverTag = "\xa4" + tagRole + "\xa6" + structs.RoleServer

// errStranger keeps a member out of an agent's list. Only the library's log shows it.
var errStranger = errors.New("enough agents are known")

// acquaintances are the agents that an agent knows: some of those that are there when it joins, and
// others in place of those that leave. Memberlist is asked to ignore the rest.
type acquaintances struct {
	mu    sync.Mutex
	known map[string]bool // by id; false: it has left, and is welcome back
	there int             // how many are true
}

func newAcquaintances() *acquaintances { return &acquaintances{known: map[string]bool{}} }

// NotifyMerge is called with everyone that another member knows, when this one joins
// (memberlist.MergeDelegate). The agents to know are picked at random. All agents that join at one
// time get the same list in the same order, so its first agents would be known, and probed, by all.
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

// NotifyAlive decides whether to take a member in (memberlist.AliveDelegate).
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

// note takes in which agents have left.
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
