package agent_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/agent"
	"github.com/gantry-project/gantry/agent/task"
	"github.com/gantry-project/gantry/agent/volume"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil/faketime"
)

// withVolumes gives the agents of a harness volumes, and has them clean up soon.
func (h *harness) withVolumes() *harness {
	h.change = func(c *agent.Config) {
		c.CleanupWait = 20 * time.Second
		c.Resources = func(_ agent.Config, instance string) []task.Resource {
			return []task.Resource{volume.New(instance, h.engine.Runtime(instance))}
		}
	}
	return h
}

// storing is a definition with a volume of the task alone and one that outlives it.
func storing() *structs.TaskDefinition {
	mounts := func(c *structs.ContainerDefinition) {
		c.MountPoints = []structs.MountPoint{{SourceVolume: "scratch", ContainerPath: "/a"}, {SourceVolume: "keep", ContainerPath: "/b"}}
	}
	d := definition(container("app", mounts), container("side", mounts))
	d.Volumes = []structs.Volume{{Name: "scratch"}, {Name: "keep", DockerVolumeConfiguration: &structs.DockerVolumeConfiguration{
		Scope: "shared", Autoprovision: new(true),
	}}}
	return d
}

func (h *harness) expectVolumes(names ...string) {
	h.t.Helper()
	var got []string
	for _, v := range h.engine.Volumes() {
		got = append(got, v.Name)
	}
	if !slices.Equal(got, names) {
		h.t.Errorf("volumes are %q, not %q", got, names)
	}
}

// Whichever call the agent dies in, the next one gives the task the same volumes, and none of the
// task is left once its containers are removed.
func TestKilledWithVolumes(t *testing.T) {
	scratch := "gantry-" + taskID(1) + "-0-scratch"
	for when, play := range map[string]func(*harness){
		"on the way up": func(h *harness) { h.server.run(taskID(1), storing()) },
		"on the way down": func(h *harness) {
			h.server.run(taskID(1), storing())
			h.wait(10 * time.Second)
			h.server.stopTask(taskID(1))
		},
		"while it is swept": func(h *harness) {
			h.server.run(taskID(1), storing())
			h.wait(10 * time.Second)
			h.server.stopTask(taskID(1))
			h.wait(30 * time.Second)
		},
	} {
		t.Run(when, func(t *testing.T) {
			points := 0
			for died := true; died; points++ {
				faketime.Test(t, func(t *testing.T) {
					died = dieAt(newHarness(t).withVolumes(), points, play, func(h *harness) {
						if when == "on the way up" {
							h.expect(taskID(1), structs.TaskRunning)
							h.expectVolumes(scratch, "keep")
							for _, c := range h.engine.All() {
								if mounts := h.engine.Mounts(c.Name); mounts["scratch"].Volume != scratch || mounts["keep"].Volume != "keep" {
									h.t.Errorf("container %s has mounts %+v", c.Name, mounts)
								}
							}
							h.server.stopTask(taskID(1))
						}
						h.wait(time.Minute)
						h.expect(taskID(1), structs.TaskStopped)
						if _, kept := h.engine.Starts()[name("app", 1)]; kept {
							h.expectVolumes("keep")
						} else if left := h.engine.Volumes(); len(left) > 1 || len(left) == 1 && left[0].Name != "keep" {
							h.t.Errorf("volumes left: %+v", left)
						}
						if all := h.engine.All(); len(all) != 0 {
							h.t.Errorf("containers left: %+v", all)
						}
					})
				})
			}
			if points < 20 {
				t.Errorf("the agent made only %d calls: nothing was tested", points)
			}
			t.Logf("the agent died at %d points", points)
		})
	}
}

// A file system that is not mapped ends the task with the remedy, and nothing is left of it.
func TestUnmappedFileSystem(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		h := newHarness(t).withVolumes()
		h.start()
		defer h.stop()
		d := storing()
		d.Volumes[1] = structs.Volume{Name: "keep", EfsVolumeConfiguration: &structs.EFSVolumeConfiguration{FileSystemId: "fs-0123"}}
		h.server.run(taskID(1), d)
		h.wait(time.Minute)
		stopped := h.expect(taskID(1), structs.TaskStopped)
		if stopped.StopCode != structs.StopTaskFailedToStart || !strings.HasPrefix(stopped.StoppedReason, "ResourceInitializationError: ") ||
			!strings.Contains(stopped.StoppedReason, "map it with: gantry volume map fs-0123") {
			t.Errorf("stopped with %s %q", stopped.StopCode, stopped.StoppedReason)
		}
		h.wait(time.Minute)
		h.expectVolumes()
	})
}

// StopAll, which ends gantry dev, leaves nothing of any task.
func TestStopAllRemovesVolumes(t *testing.T) {
	faketime.Test(t, func(t *testing.T) {
		h := newHarness(t).withVolumes()
		h.start()
		h.server.run(taskID(1), storing())
		h.wait(time.Minute)
		h.stop()
		if err := h.agent.StopAll(t.Context()); err != nil {
			t.Error(err)
		}
		h.expectVolumes("keep")
	})
}
