package fsm

import (
	"bytes"
	"io"
	"log/slog"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/hashicorp/raft"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// The cluster of the benchmarks: 1,000 instances, plans of 1,000 tasks.
const benchInstances, planSize = 1000, 1000

// bench is a server with RUNNING tasks, each with a container and a port.
type bench struct {
	*FSM
	index uint64
	made  int // tasks
}

func newBench(b *testing.B, tasks int) *bench {
	b.Helper()
	f := &bench{FSM: New(Config{Store: state.New(), Logger: slog.New(slog.DiscardHandler)})}
	f.do(b, encode(b, structs.CreateCluster{Cluster: structs.Cluster{Name: "prod"}}))
	f.do(b, encode(b, structs.RegisterTaskDefinition{Definition: sampleDefinition()}))
	for n := range benchInstances {
		f.do(b, encode(b, structs.RegisterInstance{Instance: instance(hexID("i", n), "prod")}))
	}
	for f.made < tasks {
		first := f.made
		f.do(b, f.job(b))
		f.do(b, f.nextPlan(b))
		for at := range benchInstances {
			f.do(b, encode(b, benchReport(first, at, structs.TaskRunning)))
		}
	}
	return f
}

func (f *bench) do(b *testing.B, entry []byte) {
	f.index++
	if r := f.Apply(&raft.Log{Index: f.index, Data: entry}).(Result); r.Err != nil {
		b.Fatal(r.Err)
	}
}

// job is the job of the next plan.
func (f *bench) job(b *testing.B) []byte {
	cmd := createJobCommand(hexID("j", f.made), hexID("e", f.made))
	cmd.Job.Tags = nil
	return encode(b, cmd)
}

// nextPlan places tasks one on each instance.
func (f *bench) nextPlan(b *testing.B) []byte {
	p := plan(0, 1)
	p.Plan.Evaluation, p.Plan.Job = hexID("e", f.made), hexID("j", f.made)
	for n := range planSize {
		p.Plan.Placements = append(p.Plan.Placements,
			structs.Placement{Task: hexID("t", f.made+n), Instance: hexID("i", n%benchInstances)})
	}
	f.made += planSize
	return encode(b, p)
}

// benchReport is the report of instance n on its task of the plan that starts with the task first.
func benchReport(first, n int, status structs.TaskStatus) structs.ReportTasks {
	return structs.ReportTasks{Instance: hexID("i", n), At: 60, Updates: []structs.TaskUpdate{benchUpdate(hexID("t", first+n), n, status)}}
}

func benchUpdate(task string, n int, status structs.TaskStatus) structs.TaskUpdate {
	return structs.TaskUpdate{
		Task: task, Status: status, PullStartedAt: 1_700_000_000_000, PullStoppedAt: 1_700_000_000_001, StartedAt: 1_700_000_000_002,
		Containers: []structs.Container{{
			Name: "app", LastStatus: status, RuntimeID: hexID("c", n) + hexID("c", n), ImageDigest: "sha256:" + hexID("d", 0) + hexID("d", 0),
			NetworkBindings: []structs.NetworkBinding{
				{BindIP: "0.0.0.0", ContainerPort: new(int32(80)), HostPort: new(int32(32768 + int32(n%1000))), Protocol: "tcp"},
			},
		}},
	}
}

// BenchmarkApplyPlan1000 is one entry that places 1,000 tasks, from bytes to state, in a cluster of
// 100,000.
func BenchmarkApplyPlan1000(b *testing.B) {
	f := newBench(b, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		f.do(b, f.job(b))
		entry := f.nextPlan(b)
		b.ReportMetric(float64(len(entry))/planSize, "B/placement")
		b.StartTimer()
		f.do(b, entry)
	}
}

// BenchmarkEncodePlan1000 is the leader's part of the same.
func BenchmarkEncodePlan1000(b *testing.B) {
	cmd := plan(1000, 200)
	b.ReportAllocs()
	for b.Loop() {
		b.ReportMetric(float64(len(encode(b, cmd)))/1000, "B/placement")
	}
}

// BenchmarkReportTasks is one entry with an agent's report of 100 tasks that start to run.
func BenchmarkReportTasks(b *testing.B) {
	f := newBench(b, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		f.do(b, f.job(b))
		p := plan(0, 1)
		p.Plan.Evaluation, p.Plan.Job = hexID("e", f.made), hexID("j", f.made)
		report := structs.ReportTasks{Instance: hexID("i", f.made/planSize%benchInstances), At: 60}
		for n := range 100 {
			task := hexID("t", f.made+n)
			p.Plan.Placements = append(p.Plan.Placements, structs.Placement{Task: task, Instance: report.Instance})
			report.Updates = append(report.Updates, benchUpdate(task, n, structs.TaskRunning))
		}
		f.made += planSize
		f.do(b, encode(b, p))
		entry := encode(b, report)
		b.ReportMetric(float64(len(entry))/100, "B/update")
		b.StartTimer()
		f.do(b, entry)
	}
}

// BenchmarkReportOneTask is the smallest frequent entry, in a cluster of 100,000 tasks.
func BenchmarkReportOneTask(b *testing.B) {
	f := newBench(b, 100_000)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		b.StopTimer()
		update := structs.TaskUpdate{Task: hexID("t", n%f.made), StoppedReason: "x", StartedAt: 1}
		update.Status = structs.TaskStatus(41 + n/f.made)
		entry := encode(b, structs.ReportTasks{Instance: hexID("i", n%benchInstances), Updates: []structs.TaskUpdate{update}, At: 1})
		n++
		b.StartTimer()
		f.do(b, entry)
	}
}

func BenchmarkTaskCodec(b *testing.B) {
	f := newBench(b, planSize)
	task := f.store.Snapshot().Task(hexID("t", 7))
	var buf bytes.Buffer
	if err := encoding.MarshalToBuffer(task, &buf); err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		b.ReportMetric(float64(buf.Len()), "B/task")
		var to bytes.Buffer
		for b.Loop() {
			to.Reset()
			if err := encoding.MarshalToBuffer(task, &to); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var t structs.Task
			if err := decoding.Unmarshal(buf.Bytes(), &t); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			if err := cbor.Wellformed(buf.Bytes()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkPersist100k(b *testing.B) {
	f := newBench(b, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		n, err := writeSnapshot(io.Discard, f.store.Snapshot())
		if err != nil || n < 100_000 {
			b.Fatal(n, err)
		}
	}
}

func BenchmarkRestore100k(b *testing.B) {
	const tasks = 100_000
	f := newBench(b, tasks)
	saved := persist(b, f.FSM)
	*f = bench{}
	b.ReportMetric(float64(len(saved))/float64(tasks), "B/task")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := readSnapshot(bytes.NewReader(saved), state.Nouns()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCollectable is what a leader checks from time to time. Here nothing can be removed among
// 100,000 tasks.
func BenchmarkCollectable(b *testing.B) {
	f := newBench(b, 100_000)
	for b.Loop() {
		if Collectable(f.store.Snapshot(), 1<<40) {
			b.Fatal("something to collect")
		}
	}
}
