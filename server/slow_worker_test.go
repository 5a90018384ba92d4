package server_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// Workers take evaluations and then die before they plan, between plan and commit or before they
// acknowledge, or they commit after they have lost the evaluation by timeout. Everything that was
// asked for is placed, and nothing twice.
func TestWorkersThatDieOrComeLate(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			faketime.Test(t, func(t *testing.T) {
				c := testutil.NewCluster(t)
				c.Start()
				register(t, c.Control())
				random := rand.New(rand.NewPCG(seed, 1))
				var strays sync.WaitGroup
				for range 6 { // beside the server's own
					habits := rand.New(rand.NewPCG(seed, random.Uint64()))
					strays.Go(func() { c.Server().StrayWorker(t.Context(), habits, 5) })
				}
				workForStrays(t, c, random)
				strays.Wait()
			})
		})
	}
}

// workForStrays keeps services that only grow, and runs tasks, while agents come and go. Services
// are evaluated for many reasons, and each task that is ever created is one that was asked for.
func workForStrays(t *testing.T, c *testutil.Cluster, random *rand.Rand) {
	t.Helper()
	want := map[string]int{}
	for n := range 3 {
		name, count := fmt.Sprintf("service-%d", n), 1+random.IntN(4)
		want[name] = count
		must[*structs.Job](t)(c.Control().CreateService(t.Context(), control.CreateServiceInput{
			Cluster: structs.DefaultCluster, Name: name,
			ServiceChange: control.ServiceChange{TaskDefinition: "web", Count: &count},
		}))
	}
	for n := range 10 {
		time.Sleep(time.Duration(random.IntN(40)) * time.Second)
		switch random.IntN(3) {
		case 0:
			c.StopAgent("host")
			time.Sleep(time.Second)
			c.StartAgent("host")
		case 1:
			name := fmt.Sprintf("service-%d", random.IntN(3))
			count := want[name] + random.IntN(3)
			want[name] = count
			must[*structs.Job](t)(c.Control().UpdateService(t.Context(), control.UpdateServiceInput{
				Cluster: structs.DefaultCluster, Name: name, ServiceChange: control.ServiceChange{Count: &count},
			}))
		case 2:
			token := fmt.Sprintf("call-%d", n)
			placed, err := c.Control().RunTask(t.Context(), webJob(token, 3))
			for ; err != nil; placed, err = c.Control().RunTask(t.Context(), webJob(token, 3)) {
				if structs.KindOf(err) != structs.KindUnavailable {
					t.Fatal(err)
				}
			}
			want[token] = len(placed.Tasks)
		}
	}
	time.Sleep(10 * time.Minute)
	for job := range read(t, c).AllJobs() {
		n := 0
		for task := range read(t, c).JobTasks(job.ID) {
			n++
			if task.LastStatus != structs.TaskRunning {
				t.Errorf("task %s of %s%s is %s", task.ID, job.Name, job.ClientToken, task.LastStatus)
			}
		}
		if name := job.Name + job.ClientToken; n != want[name] {
			t.Errorf("%s has had %d tasks, not %d", name, n, want[name])
		}
	}
}
