package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// maxPlaces is how many instances of one job are printed. JSON has all of them.
const maxPlaces = 12

// printSimulation prints what would happen: first a summary, then the jobs, then the instances.
func printSimulation(w io.Writer, s structs.Simulation) {
	fmt.Fprintln(w, strings.ToUpper(s.Summary[:1])+s.Summary[1:]+".")
	if len(s.Jobs) == 0 && len(s.Instances) == 0 {
		return
	}
	printSimulatedJobs(w, s.Jobs)
	names := map[string]string{}
	for _, i := range s.Instances {
		names[i.ID] = i.Name
	}
	for n := range s.Jobs {
		printSimulatedJob(w, &s.Jobs[n], names)
	}
	printSimulatedInstances(w, s.Instances)
}

func printSimulatedJobs(w io.Writer, jobs []structs.SimulatedJob) {
	if len(jobs) == 0 {
		return
	}
	rows := make([][]string, len(jobs))
	for n := range jobs {
		j := &jobs[n]
		rows[n] = []string{
			j.Title(), strconv.Itoa(j.Before), strconv.Itoa(j.After), strconv.Itoa(j.Moved), strconv.Itoa(j.Started - j.Moved),
			strconv.Itoa(j.Stopped - j.Moved), strconv.Itoa(j.Unplaced),
		}
	}
	fmt.Fprintln(w)
	table(w, []string{"JOB", "TASKS", "THEN", "MOVED", "STARTED", "STOPPED", "NO PLACE"}, rows)
}

func printSimulatedJob(w io.Writer, j *structs.SimulatedJob, names map[string]string) {
	fmt.Fprintf(w, "\n%s (%s)\n", j.Title(), j.TaskDefinition)
	if j.Scheduler != "" {
		fmt.Fprintf(w, "  its scheduler %s was not asked: its tasks are where Gantry would put them\n", j.Scheduler)
	}
	rows := make([][]string, min(len(j.Instances), maxPlaces))
	for n := range rows {
		p := j.Instances[n]
		names[p.Instance] = p.Name
		rows[n] = []string{"  " + instanceName(p.Instance, names), "zone " + p.Zone, fmt.Sprintf("%d → %d", p.Before, p.After), change(p)}
	}
	table(w, nil, rows)
	if more := len(j.Instances) - len(rows); more > 0 {
		fmt.Fprintf(w, "  and %s more; -o json has all\n", structs.Counted(more, "instance"))
	}
	if j.Unplaced == 0 {
		return
	}
	fmt.Fprintf(w, "%s of %s would find no place", structs.Counted(j.Unplaced, "task"), j.Title())
	if j.UnplacedBefore > 0 {
		fmt.Fprintf(w, " (%d have none today)", j.UnplacedBefore)
	}
	fmt.Fprintln(w)
	explainUnplaced(w, j.Filtered, j.Failures, j.Remedy, names)
}

// change returns how many tasks would stop and start, such as "-1 +2".
func change(p structs.SimulatedPlace) string {
	var parts []string
	if p.Stopped > 0 {
		parts = append(parts, fmt.Sprintf("-%d", p.Stopped))
	}
	if p.Started > 0 {
		parts = append(parts, fmt.Sprintf("+%d", p.Started))
	}
	return strings.Join(parts, " ")
}

func printSimulatedInstances(w io.Writer, instances []structs.SimulatedInstance) {
	if len(instances) == 0 {
		return
	}
	rows := make([][]string, min(len(instances), maxPlaces))
	for n := range rows {
		i := instances[n]
		status, cpu, memory := i.Status, strconv.FormatInt(i.Free.CPU, 10), strconv.FormatInt(i.Free.Memory, 10)
		switch {
		case i.Status == structs.InstanceInactive:
			status, cpu, memory = "gone", "-", "-"
		case i.New:
			status = "new"
		}
		rows[n] = []string{i.ID, i.Name, i.Zone, status, strconv.Itoa(i.Before), strconv.Itoa(i.After), cpu, memory}
	}
	fmt.Fprintln(w)
	table(w, []string{"INSTANCE", "NAME", "ZONE", "STATUS", "TASKS", "THEN", "CPU FREE", "MIB FREE"}, rows)
	if more := len(instances) - len(rows); more > 0 {
		fmt.Fprintf(w, "and %s more; -o json has all\n", structs.Counted(more, "instance"))
	}
}
