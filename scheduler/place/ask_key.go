package place

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// AskKey returns a key that is the same for requests that find room on the same instances. It
// covers everything that newAsk and the filters require of an instance; how the strategy chooses
// among instances does not matter.
func (r *Request) AskKey() string {
	if len(r.Job.CapacityStrategy) > 1 {
		// A job that waits for the share of a full provider must not hold up jobs for another
		// provider.
		return r.Job.ID
	}
	a := newAsk(r, nil)
	asked := struct {
		Need         *structs.Resources
		Architecture string
		Capabilities []string `json:",omitempty"`
		Constraints  []string
		Capacity     []structs.CapacityProviderStrategyItem
		Group        string
		Scheduler    string
		Preempts     int // it preempts jobs up to this priority
	}{Need: r.Need, Architecture: a.architecture, Capabilities: a.capabilities, Capacity: r.Job.CapacityStrategy, Scheduler: r.Job.Scheduler}
	for _, c := range r.Job.PlacementConstraints {
		asked.Constraints = append(asked.Constraints, c.Type+" "+c.Expression)
	}
	for _, c := range r.Definition.PlacementConstraints {
		asked.Constraints = append(asked.Constraints, c.Type+" "+c.Expression)
	}
	slices.SortFunc(asked.Constraints, strings.Compare)
	if a.distinct || a.usesGroups {
		asked.Group = cmp.Or(r.Job.Group, r.Job.ID)
	}
	if r.Job.Preemption {
		asked.Preempts = r.Job.Importance() - structs.MinPreemptionGap
	}
	text, err := json.Marshal(asked)
	if err != nil {
		return r.Job.ID // it waits in its own line
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
