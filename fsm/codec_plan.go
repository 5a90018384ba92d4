package fsm

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// packedPlan is a plan as encoded in the log. Many placements go to few instances, so each instance
// is named once: the instance of placement n is Instances[On[n]].
type packedPlan struct {
	Plan      structs.Plan `cbor:"1,keyasint"` // without Placements
	Tasks     packedIDs    `cbor:"2,keyasint,omitzero"`
	On        []uint32     `cbor:"3,keyasint,omitzero"`
	Instances packedIDs    `cbor:"4,keyasint,omitzero"`
	// Slots[n] and Attempts[n] belong to placement n. They are nil if all are zero, as for every
	// job except batch jobs with a BatchSpec.
	Slots    []int `cbor:"5,keyasint,omitzero"`
	Attempts []int `cbor:"6,keyasint,omitzero"`
	// Providers are the capacity providers of the job's strategy; nil without one. The provider of
	// placement n is Providers[Of[n]].
	Providers []string `cbor:"7,keyasint,omitzero"`
	Of        []int    `cbor:"8,keyasint,omitzero"`
}

// packedIDs is a list of ids. If all have 32 hex digits, as the ids that control mints do, they
// take half the bytes; otherwise they are kept unchanged.
type packedIDs struct {
	Hex   []byte   `cbor:"1,keyasint,omitzero"` // 16 bytes each
	Plain []string `cbor:"2,keyasint,omitzero"`
}

func packPlan(cmd structs.ApplyPlan) packedPlan {
	placements := cmd.Plan.Placements
	packed := packedPlan{Plan: cmd.Plan}
	packed.Plan.Placements = nil
	if placements == nil {
		return packed
	}
	tasks, instances := make([]string, len(placements)), []string{}
	packed.On = make([]uint32, len(placements))
	seen := map[string]uint32{}
	for n, p := range placements {
		at, ok := seen[p.Instance]
		if !ok {
			at = uint32(len(instances))
			seen[p.Instance] = at
			instances = append(instances, p.Instance)
		}
		tasks[n], packed.On[n] = p.Task, at
	}
	if slices.ContainsFunc(placements, func(p structs.Placement) bool { return p.Slot != 0 || p.Attempt != 0 }) {
		for _, p := range placements {
			packed.Slots, packed.Attempts = append(packed.Slots, p.Slot), append(packed.Attempts, p.Attempt)
		}
	}
	packed.packProviders(placements)
	packed.Tasks, packed.Instances = packIDs(tasks), packIDs(instances)
	return packed
}

func (packed *packedPlan) packProviders(placements []structs.Placement) {
	if !slices.ContainsFunc(placements, func(p structs.Placement) bool { return p.Provider != "" }) {
		return
	}
	for _, p := range placements {
		at := slices.Index(packed.Providers, p.Provider)
		if at < 0 {
			at, packed.Providers = len(packed.Providers), append(packed.Providers, p.Provider)
		}
		packed.Of = append(packed.Of, at)
	}
}

func (packed *packedPlan) unpackProviders(placements []structs.Placement) error {
	if packed.Of != nil && len(packed.Of) != len(placements) {
		return fmt.Errorf("plan of %d tasks names capacity providers for %d", len(placements), len(packed.Of))
	}
	for n, at := range packed.Of {
		if at < 0 || at >= len(packed.Providers) {
			return errors.New("plan refers to a capacity provider that it does not name")
		}
		placements[n].Provider = packed.Providers[at]
	}
	return nil
}

func unpackPlan(packed packedPlan) (structs.ApplyPlan, error) {
	plan := packed.Plan
	tasks, instances := packed.Tasks.unpack(), packed.Instances.unpack()
	if len(packed.On) != len(tasks) {
		return structs.ApplyPlan{}, fmt.Errorf("plan of %d tasks names instances for %d", len(tasks), len(packed.On))
	}
	if len(packed.Slots) != len(packed.Attempts) || packed.Slots != nil && len(packed.Slots) != len(tasks) {
		return structs.ApplyPlan{}, fmt.Errorf("plan of %d tasks names slots for %d and attempts for %d", len(tasks), len(packed.Slots), len(packed.Attempts))
	}
	if packed.On != nil {
		plan.Placements = make([]structs.Placement, len(tasks))
	}
	for n, task := range tasks {
		at := packed.On[n]
		if int(at) >= len(instances) {
			return structs.ApplyPlan{}, errors.New("plan refers to an instance that it does not name")
		}
		plan.Placements[n] = structs.Placement{Task: task, Instance: instances[at]}
		if packed.Slots != nil {
			plan.Placements[n].Slot, plan.Placements[n].Attempt = packed.Slots[n], packed.Attempts[n]
		}
	}
	if err := packed.unpackProviders(plan.Placements); err != nil {
		return structs.ApplyPlan{}, err
	}
	return structs.ApplyPlan{Plan: plan}, nil
}

func packIDs(ids []string) packedIDs {
	packed := make([]byte, 16*len(ids))
	for n, id := range ids {
		if len(id) != 32 || strings.ToLower(id) != id {
			return packedIDs{Plain: ids}
		}
		if _, err := hex.Decode(packed[16*n:], []byte(id)); err != nil {
			return packedIDs{Plain: ids}
		}
	}
	return packedIDs{Hex: packed}
}

func (p packedIDs) unpack() []string {
	if p.Hex == nil {
		return p.Plain
	}
	all := hex.EncodeToString(p.Hex) // one allocation for all, kept as long as any of them
	ids := make([]string, len(p.Hex)/16)
	for n := range ids {
		ids[n] = all[32*n : 32*n+32]
	}
	return ids
}
