package fsm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"
	"testing/iotest"
	"unsafe"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

func persist(t testing.TB, f *FSM) []byte {
	t.Helper()
	snap, err := f.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Release()
	var s sink
	if err := snap.Persist(&s); err != nil {
		t.Fatal(err)
	}
	if !s.closed || s.cancelled {
		t.Errorf("sink closed %v, cancelled %v", s.closed, s.cancelled)
	}
	return s.Bytes()
}

func restore(f *FSM, snapshot []byte) error {
	return f.Restore(io.NopCloser(bytes.NewReader(snapshot)))
}

// everything returns a state with rows in many tables.
func everything(t testing.TB) *harness {
	h := running(t)
	h.do(report("i1", sampleUpdate("t1")))
	h.do(report("i2", structs.TaskUpdate{Task: "t2", Status: structs.TaskRunning, StartedAt: 70}))
	token := createJobCommand("j2", "e2")
	token.Job.ClientToken, token.Job.RequestHash = "token", "hash"
	h.do(token)
	blocked := planOf("e2", "j2")
	blocked.Plan.Status, blocked.Plan.Unplaced = structs.EvaluationBlocked, 2
	blocked.Plan.Failures = []structs.PlacementFailure{{Instance: "i1", Reason: structs.FailCPU}, {Instance: "i2", Reason: structs.FailCPU}}
	h.do(blocked)
	h.do(structs.TagCommand{Resource: "cluster/prod", Tags: []structs.Tag{{Key: "a", Value: "b"}}})
	h.do(structs.CreateCluster{Cluster: structs.Cluster{Name: "second", CreatedAt: 3}})
	h.do(structs.DeleteCluster{Cluster: "second", At: 4})
	return h
}

// everythingOfServices adds rows of services.
func everythingOfServices(t testing.TB) *harness {
	h := everything(t)
	h.do(structs.SetAgentConnected{Instances: []string{"i1", "i2"}, Connected: true, At: 5})
	first := putServiceCommand("s1", "web", 1, "se1", "d1")
	first.Job.ClientToken, first.Job.RequestHash, first.Tags = "service", "hash", []structs.Tag{{Key: "a", Value: "b"}}
	h.do(first)
	h.do(servicePlan(h, "se1", "s1", "d1", structs.Placement{Task: "t3", Instance: "i1"}))
	h.do(report("i1", structs.TaskUpdate{Task: "t3", Status: structs.TaskStopped}))
	h.do(putServiceCommand("s1", "web", 2, "se2", "d2"))
	cmd := servicePlan(h, "se2", "s1", "d2", structs.Placement{Task: "t4", Instance: "i2"})
	cmd.Plan.Status, cmd.Plan.Unplaced, cmd.Plan.Seen = structs.EvaluationBlocked, 1, h.snap().Index()
	cmd.Plan.Filtered, cmd.Plan.Remedy = []structs.FilterCount{{Reason: structs.FailCPU, Instances: 1}}, "Free 10 CPU units."
	cmd.Plan.Events = []structs.ServiceEvent{{ID: "u1", At: 20, Message: "first"}, {ID: "u2", At: 20, Message: "second"}}
	cmd.Plan.FollowUp = &structs.Evaluation{ID: "f1", Because: structs.BecauseTimeDue, WaitUntil: 5000}
	h.do(cmd)
	h.do(structs.ProtectTasks{Tasks: []string{"t4"}, Until: 9000, At: 21})
	h.do(structs.PutAttributes{Cluster: "prod", Attributes: onInstance("i1", "rack", "7"), At: 22})
	h.do(putServiceCommand("s2", "old", 1, "se3", "d3"))
	h.do(structs.DeleteService{Job: "s2", Force: true, Evaluation: structs.Evaluation{ID: "se4"}, At: 23})
	end(h, "se4", "s2", 24)
	h.do(structs.RegisterInstance{Instance: instance("i3", "prod")})
	h.do(structs.SetInstanceStatus{Instances: []string{"i3"}, Status: structs.InstanceInactive, At: 25})
	return h
}

// everythingOfCapacity adds rows of capacity providers.
func everythingOfCapacity(t testing.TB) *harness {
	h := everythingOfServices(t)
	h.do(putProvider("machines"))
	h.do(putProvider("gone"))
	h.do(structs.DeleteCapacityProvider{Provider: "gone", At: 26})
	h.do(withProviders("prod", "machines", structs.ProviderFargate))
	return h
}

// everythingOfAccess adds rows of access keys.
func everythingOfAccess(t testing.TB) *harness {
	h := everythingOfCapacity(t)
	for name, cmd := range accessKeySamples() {
		if name == "put_access_key" {
			h.do(cmd)
		}
	}
	return h
}

// everythingOfGPUs adds to it an instance with GPUs and a task that has one.
func everythingOfGPUs(t testing.TB) *harness {
	h := everythingOfAccess(t)
	withGPUs := instance("i9", "prod")
	withGPUs.GPUs = []string{"1", "0"}
	h.do(structs.RegisterInstance{Instance: withGPUs})
	h.do(createJobCommand("j9", "e9"))
	h.do(gpuPlan("e9", "j9", 1, structs.Placement{Task: "t9", Instance: "i9"}))
	return h
}

// everythingOfSettings adds rows of account settings.
func everythingOfSettings(t testing.TB) *harness {
	h := everythingOfGPUs(t)
	h.do(accountSettingSamples()["put_account_setting"])
	return h
}

func TestSnapshotRoundTrip(t *testing.T) {
	h := everythingOfSettings(t)
	first := persist(t, h.fsm)
	back := newHarness(t)
	back.do(structs.CreateCluster{Cluster: structs.Cluster{Name: "forgotten"}})
	heard := back.fsm.store.Subscribe(state.Topic{Kind: state.TopicEvaluations})
	defer heard.Close()
	if err := restore(back.fsm, first); err != nil {
		t.Fatal(err)
	}
	if _, resync := heard.Take(); !resync {
		t.Error("a subscriber was not told to read everything again")
	}
	if again := persist(t, back.fsm); !bytes.Equal(first, again) {
		t.Error("the restored state has another snapshot")
	}
	s := back.snap()
	if s.Index() != h.index {
		t.Errorf("index %d, want %d", s.Index(), h.index)
	}
	if s.Cluster("forgotten") != nil {
		t.Error("what was there before is still there")
	}
	checkInvariants(t, s) // what is derived has been derived again
	if u := s.Usage("i2"); u.Running != 1 || u.Pending != 1 || u.CPU != 768 {
		t.Errorf("usage %+v of the restored state", u)
	}
	if j := s.JobByToken("prod", "token"); j == nil || j.ID != "j2" {
		t.Error("the client token is lost")
	}
	if j := s.Service("prod", "web"); j == nil || j.ID != "s1" || s.JobVersion("s1", 1).Version != 1 || s.Room("prod") != h.snap().Room("prod") {
		t.Error("the service, its versions, or the room of its cluster are lost")
	}
	if p := s.CapacityProvider("machines"); p == nil || p.AutoScalingGroup.AutoScalingGroupArn != "group-machines" {
		t.Error("the capacity provider is lost")
	}
	if k, b := s.AccessKey(sampleAccessKey().ID), s.Bootstrap(); k == nil || string(k.Sealed) != "sealed" || len(k.Policy.Statement) != 1 || b == nil || b.Key != k.ID {
		t.Error("the access key, its secret or policy, or the mark of the first one are lost")
	}
	if got := s.AccountSetting("user/ci", structs.SettingContainerInsights); got == nil || got.Value != "enhanced" {
		t.Error("the account setting is lost")
	}
	if before, after := h.open("s1"), back.open("s1"); !maps.Equal(before, after) || len(after) == 0 {
		t.Errorf("open evaluations %v, want %v", after, before)
	}
	back.index = h.index
	if key := back.do(structs.RegisterTaskDefinition{Definition: sampleDefinition()}); key != "web:2" {
		t.Errorf("the next revision is %s, want web:2", key)
	}
}

func TestRestoreSharesStrings(t *testing.T) {
	h := running(t)
	for _, instance := range []string{"i1", "i2"} {
		h.do(report(instance, sampleUpdate("t"+instance[1:])))
	}
	if err := restore(h.fsm, persist(t, h.fsm)); err != nil {
		t.Fatal(err)
	}
	a, b := h.snap().Task("t1"), h.snap().Task("t2")
	for name, pair := range map[string][2]string{
		"cluster":     {a.Cluster, b.Cluster},
		"job":         {a.Job, h.snap().Job("j1").ID},
		"instance":    {a.Instance, h.snap().Instance("i1").ID},
		"definition":  {a.TaskDefinition, b.TaskDefinition},
		"group":       {a.Group, b.Group},
		"container":   {a.Containers[0].Name, b.Containers[0].Name},
		"stop reason": {a.StoppedReason, b.StoppedReason},
	} {
		if pair[0] != pair[1] || unsafe.StringData(pair[0]) != unsafe.StringData(pair[1]) {
			t.Errorf("%s: %q and %q are two strings", name, pair[0], pair[1])
		}
	}
}

// TestGoldenSnapshot: a snapshot that an earlier version wrote still loads, and the same state is
// still written in the same bytes.
func TestGoldenSnapshot(t *testing.T) {
	h, old := everythingOfSettings(t), newHarness(t)
	saved := golden(t, "snapshot.bin", func() []byte { return persist(t, h.fsm) })
	if err := restore(old.fsm, saved); err != nil {
		t.Fatal(err)
	}
	if old.dump() != h.dump() {
		t.Error("an old snapshot gives another state")
	}
	if !bytes.Equal(persist(t, old.fsm), saved) {
		t.Error("the same state is written in another form")
	}
}

func TestRestoreRefuses(t *testing.T) {
	good := persist(t, everything(t).fsm)
	h := cluster(t)
	before := h.dump()
	refuses := func(what string, at int, bad []byte, words string) {
		t.Helper()
		err := restore(h.fsm, bad)
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s at %d: error %v, want one that says %q", what, at, err, words)
		}
		if h.dump() != before {
			t.Fatalf("%s at %d: the old state changed", what, at)
		}
	}
	for n := range good {
		refuses("cut", n, good[:n], "breaks off")
		bad := bytes.Clone(good)
		bad[n] ^= 0x10
		refuses("damage", n, bad, "restore snapshot: ")
	}
	refuses("more", 0, append(bytes.Clone(good), 0), "more bytes follow")
	refuses("other file", 0, []byte("SQLite format 3, and then some more bytes"), "not a snapshot of Gantry")

	newer := bytes.Clone(good)
	binary.BigEndian.PutUint16(newer[len(snapshotMagic):], snapshotVersion+1)
	refuses("newer format", 0, newer, "a newer version of Gantry wrote it")
	huge := binary.AppendUvarint(append(bytes.Clone(good[:18]), 6), 1<<63)
	refuses("huge length", 0, huge, "breaks off")

	err := h.fsm.Restore(io.NopCloser(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(good)))))
	if !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("error %v, want the reader's", err)
	}
}

func TestPersistCancelsOnError(t *testing.T) {
	h := everything(t)
	snap, err := h.fsm.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	s := sink{room: 100}
	if err := snap.Persist(&s); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error %v, want the sink's", err)
	}
	if s.closed || !s.cancelled {
		t.Errorf("sink closed %v, cancelled %v, want it cancelled", s.closed, s.cancelled)
	}
}

// TestPersistIsOfItsMoment: entries that are applied while a snapshot is written are not in it.
func TestPersistIsOfItsMoment(t *testing.T) {
	h := everything(t)
	want := persist(t, h.fsm)
	snap, err := h.fsm.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	h.do(structs.StopTasks{Tasks: []string{"t2"}, At: 99})
	h.do(structs.Collect{Before: 10_000})
	var s sink
	if err := snap.Persist(&s); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, s.Bytes()) {
		t.Error("the snapshot has later changes")
	}
}
