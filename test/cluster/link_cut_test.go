package cluster

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ecs"

	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// detour is the time that a cluster may take to work around a cut link, and to be as before once
// the link is mended.
const detour = 15 * time.Second

// TestEveryLinkIsCut cuts the link between any two hosts, in one direction, the other or both,
// whichever of them leads and whichever holds whose stream, while a service is up and a task is
// about to run. Every host can be reached by some detour, so after a while all is well: there is a
// leader, every agent is connected, the service is up, the task runs. The same holds when the link
// is mended, and nothing was doubled or lost.
func TestEveryLinkIsCut(t *testing.T) {
	for _, way := range []struct {
		name        string
		there, back bool
	}{{"one way", true, false}, {"the other way", false, true}, {"both ways", true, true}} {
		t.Run(way.name, func(t *testing.T) {
			faketime.Test(t, func(t *testing.T) {
				w := newCluster(t, 3, 3)
				w.start()
				w.serve(6)
				d := w.newDoors()
				hosts := w.hosts()
				var ran []string
				for n, a := range hosts {
					for _, b := range hosts[n+1:] {
						if b == testutil.UserHost {
							continue // of whom no way around is asked
						}
						link := fmt.Sprintf("%s to %s", a, b)
						if way.there {
							w.Network.Cut(a, b)
						}
						if way.back {
							w.Network.Cut(b, a)
						}
						d.insist(func(ctx context.Context) error {
							out, err := d.ecs.RunTask(ctx, &sdk.RunTaskInput{TaskDefinition: aws.String("web"), ClientToken: &link})
							if err == nil && len(out.Tasks) != 1 {
								t.Fatalf("%s: there is no place for the task: %v", link, out.Failures)
							}
							if err == nil {
								ran = append(ran, idsOf(out.Tasks)[0])
							}
							return err
						})
						w.within(detour, link+" is cut", func() string { return w.astray(6, ran) })
						w.Network.MendAll()
						w.within(detour, link+" is mended", func() string { return w.astray(6, ran) })
						time.Sleep(5 * time.Second)
						w.within(0, "a while after "+link+" was mended", func() string { return w.astray(6, ran) })
					}
				}
			})
		})
	}
}

// within checks that wrong returns nothing after a time.
func (w *cluster) within(most time.Duration, when string, wrong func() string) {
	w.t.Helper()
	began := time.Now()
	for wrong() != "" {
		if time.Since(began) >= most {
			w.t.Fatalf("%s: after %s %s", when, most, wrong())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// astray returns what is wrong in a cluster that has one service and these tasks.
func (w *cluster) astray(service int, ran []string) string {
	if !w.whole() {
		return "not every server votes and every agent is connected"
	}
	snap, err := w.read()
	if err != nil {
		return err.Error()
	}
	for _, id := range ran {
		if task := snap.Task(id); task == nil || task.LastStatus != structs.TaskRunning || task.DesiredStatus != structs.TaskRunning {
			return fmt.Sprintf("task %s is %+v", id, task)
		}
	}
	jobs := 0
	for job := range snap.AllJobs() {
		if job.Type == structs.JobBatch {
			jobs++
		}
	}
	if up, running := total(w.up()), w.containersUp(); up != service+len(ran) || running != up || jobs != len(ran) {
		return fmt.Sprintf("%d tasks of %d are up, in %d containers, of %d calls", up, service+len(ran), running, jobs)
	}
	return ""
}
