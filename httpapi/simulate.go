package httpapi

import (
	"encoding/json"
	"net/http"

	"github.com/gantry-project/gantry/jobfile"
	"github.com/gantry-project/gantry/structs"
)

func (a *api) simulate(w http.ResponseWriter, r *http.Request) {
	var in structs.Scenario
	if !a.decodeStrict(w, r, &in) {
		return
	}
	job, err := scenarioJob(in.Job)
	if err != nil {
		a.fail(w, err)
		return
	}
	out, err := a.Control.Simulate(r.Context(), in, job)
	a.answerOr(w, out, err)
}

// scenarioJob returns the job of a scenario; nil if it has none.
func scenarioJob(raw json.RawMessage) (*structs.JobSpec, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	text := []byte(raw)
	if file := ""; json.Unmarshal(raw, &file) == nil {
		text = []byte(file)
	}
	job, err := jobfile.Parse(text)
	if err != nil {
		return nil, structs.Errorf(structs.KindOf(err), "job: %s", err)
	}
	return job, nil
}
