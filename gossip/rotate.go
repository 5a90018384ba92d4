package gossip

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/serf/serf"

	"github.com/gantry-project/gantry/structs"
)

// rotateTries is how often each step of a rotation is tried: answers come by UDP, and some are
// lost.
const rotateTries = 3

// Rotate mints a key, hands it to every member, makes all of them encrypt with it, and removes
// their earlier keys. It is refused while a member does not answer and is not known to have failed.
// After a step that fails the members still hear each other, and another Rotate completes the
// change.
func (m *Member) Rotate() (structs.GossipRotation, error) {
	m.rotating.Lock()
	defer m.rotating.Unlock()
	var out structs.GossipRotation
	if m.keys == nil {
		return out, structs.Errorf(structs.KindUnsupportedFeature,
			"gossip is in the clear (--insecure): there is no key to rotate")
	}
	for _, other := range m.Members() {
		switch other.Status {
		case structs.MemberAlive:
			out.Members++
		case structs.MemberFailed:
			out.Down = append(out.Down, other.Name)
		}
	}
	key := mintKey(time.Now(), m.made(m.Key()))
	text := base64.StdEncoding.EncodeToString(key)
	keys := m.serf.KeyManager()
	if err := m.askAll(out.Members, func() (*serf.KeyResponse, error) { return keys.InstallKey(text) }); err != nil {
		return out, fmt.Errorf("the gossip key is still the old one: not every member took the new one: %w", err)
	}
	if err := m.askAll(out.Members, func() (*serf.KeyResponse, error) { return keys.UseKey(text) }); err != nil {
		return out, fmt.Errorf("not every member uses the new gossip key yet; all accept both: %w", err)
	}
	var known *serf.KeyResponse
	err := m.askAll(out.Members, func() (answer *serf.KeyResponse, err error) {
		known, err = keys.ListKeys()
		return known, err
	})
	for old := range known.Keys {
		if raw, wrong := base64.StdEncoding.DecodeString(old); err == nil && (wrong != nil || !bytes.Equal(raw, key)) {
			err = m.askAll(out.Members, func() (*serf.KeyResponse, error) { return keys.RemoveKey(old) })
		}
	}
	if err != nil {
		return out, fmt.Errorf("all members use the new gossip key, but some still accept the old one: %w", err)
	}
	return out, nil
}

// askAll asks all members for one step until a number of them have done it.
func (m *Member) askAll(members int, step func() (*serf.KeyResponse, error)) error {
	var answer *serf.KeyResponse
	for range rotateTries {
		var err error
		if answer, err = step(); err == nil && answer.NumNodes >= members {
			return nil
		}
	}
	var silent []string
	for _, other := range m.Members() {
		if other.Status == structs.MemberFailed {
			silent = append(silent, other.Role+" "+other.Name)
		}
	}
	problem := fmt.Sprintf("%d of %d members answer", answer.NumResp-answer.NumErr, members)
	if len(silent) > 0 {
		problem += "; not heard from: " + strings.Join(silent, ", ")
	}
	for id, said := range answer.Messages {
		problem += fmt.Sprintf("; %s says: %s", id, said)
	}
	return structs.Errorf(structs.KindUnavailable,
		"%s; rotate again once `gantry members` shows each of them as alive, or as failed or left where it is gone", problem)
}
