package state

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/structs"
)

// TestClassesHoldEveryInstanceInOrder: after any transactions, and after a restore, each instance
// is in the class of those like it, and a class returns the instances with enough free, in order,
// with what their tasks hold.
func TestClassesHoldEveryInstanceInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := New()
		count := rapid.SampledFrom([]int{3, 20, 300}).Draw(t, "instances")
		placed := 0
		for range rapid.IntRange(1, 8).Draw(t, "transactions") {
			err := s.Update(s.Snapshot().Index()+1, func(tx *Tx) error {
				for range rapid.IntRange(0, count).Draw(t, "changes") {
					id := fmt.Sprintf("i%03d", rapid.IntRange(0, count-1).Draw(t, "instance"))
					switch rapid.IntRange(0, 9).Draw(t, "change") {
					case 0:
						if i := tx.Instance(id); i != nil {
							tx.RemoveInstance(i)
						}
					case 1, 2, 3, 4, 5:
						tx.PutInstance(drawInstance(t, id))
					default:
						placed++
						tx.PutTask(&structs.Task{ID: fmt.Sprintf("t%d", placed), Instance: id, LastStatus: structs.TaskRunning, CPU: 1, Memory: 2})
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		checkClasses(t, s.Snapshot())
		restored, err := Load(Nouns(), 9, func(l *Loading) error {
			for i := range s.Snapshot().AllInstances() {
				l.Put(instances, i)
			}
			for task := range s.Snapshot().AllTasks() {
				l.Put(tasks, task)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		checkClasses(t, restored.Snapshot())
	})
}

func drawInstance(t *rapid.T, id string) *structs.ContainerInstance {
	return &structs.ContainerInstance{
		ID: id, Cluster: "ab"[id[3]%2:][:1], Zone: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "zone"),
		Registered: structs.Resources{CPU: rapid.Int64Range(0, 9).Draw(t, "cpu"), Memory: rapid.Int64Range(0, 9).Draw(t, "memory")},
	}
}

func checkClasses(t *rapid.T, s *Snapshot) {
	for _, cluster := range []string{"a", "b"} {
		for _, need := range []structs.Resources{{}, {CPU: 3}, {Memory: 4}, {CPU: 2, Memory: 5}} {
			for _, cpuFirst := range []bool{false, true} {
				classes := map[string]bool{}
				for c := range s.Classes(cluster) {
					like := classKey(c.Like())
					if classes[like] {
						t.Fatalf("two classes are alike: %q", like)
					}
					classes[like] = true
					var got []string
					for next := c.Fullest(&need, cpuFirst); ; {
						h := next()
						if h == nil {
							break
						}
						got = append(got, fmt.Sprintf("%s %+v", h.Instance.ID, *h.Usage))
					}
					if want := fullest(s, cluster, like, &need, cpuFirst); !slices.Equal(got, want) {
						t.Fatalf("class %q of %s for %+v, cpu first %v:\n%v\nwant\n%v", like, cluster, need, cpuFirst, got, want)
					}
				}
				for i := range s.Instances(cluster) {
					if !classes[classKey(i)] {
						t.Fatalf("no class for %+v", *i)
					}
				}
			}
		}
	}
}

// fullest computes the result of a class the slow way.
func fullest(s *Snapshot, cluster, like string, need *structs.Resources, cpuFirst bool) (list []string) {
	var hosts []structs.Host
	for i, u := range s.Hosts(cluster) {
		h := structs.Host{Instance: i, Usage: u}
		if classKey(i) == like && (need.CPU == 0 || h.FreeCPU() >= need.CPU) && (need.Memory == 0 || h.FreeMemory() >= need.Memory) {
			hosts = append(hosts, h)
		}
	}
	slices.SortFunc(hosts, func(a, b structs.Host) int {
		memory, cpu := cmp.Compare(a.FreeMemory(), b.FreeMemory()), cmp.Compare(a.FreeCPU(), b.FreeCPU())
		if cpuFirst {
			memory, cpu = cpu, memory
		}
		return cmp.Or(memory, cpu, cmp.Compare(a.Instance.ID, b.Instance.ID))
	})
	for _, h := range hosts {
		list = append(list, fmt.Sprintf("%s %+v", h.Instance.ID, *h.Usage))
	}
	return list
}

// TestBlocksStayFull: after many changes a shelf is still cut into few blocks. A search would
// otherwise go through many.
func TestBlocksStayFull(t *testing.T) {
	s := New()
	for n := range 300 {
		err := s.Update(uint64(n+1), func(tx *Tx) error {
			for i := range 1000 {
				if n == 0 || i%7 == n%7 {
					tx.PutInstance(&structs.ContainerInstance{ID: fmt.Sprint(i), Registered: structs.Resources{Memory: int64(i * n * 7919 % 1009)}})
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for c := range s.Snapshot().Classes("") {
		if blocks := len(c.(*class).byMemory.blocks); blocks < 8 || blocks > 32 {
			t.Errorf("1,000 hosts in %d blocks", blocks)
		}
	}
}

// TestEveryFieldMakesAClassOrIsKnownNotTo: a new field of instances that filters read must be in
// classKey.
func TestEveryFieldMakesAClassOrIsKnownNotTo(t *testing.T) {
	perInstance := []string{
		"ID", "Cluster", // a class belongs to one cluster
		// looked at for each instance
		"Registered", "GPUs", "Name", "Address", "VersionInfo", "RegisteredAt",
		// no filter looks at them
		"DeregisteredAt", "Version", "Fenced", "ConnectionChangedAt", "Losses", "Ingress",
	}
	for field := range reflect.TypeFor[structs.ContainerInstance]().Fields() {
		i := structs.ContainerInstance{}
		value := reflect.ValueOf(&i).Elem().FieldByName(field.Name)
		switch value.Kind() {
		case reflect.String:
			value.SetString("x")
		case reflect.Bool:
			value.SetBool(true)
		case reflect.Slice:
			value.Set(reflect.MakeSlice(field.Type, 1, 1))
		case reflect.Int64:
			value.SetInt(1)
		case reflect.Struct:
			switch field.Name {
			case "Runtime":
				i.Runtime.Status = structs.HealthImpaired
			case "Network":
				i.Network.Asks, i.Network.Block = true, "10.213.0.0/24"
			}
		}
		if value.IsZero() && !slices.Contains(perInstance, field.Name) {
			t.Errorf("%s: say whether it makes a class", field.Name)
			continue
		}
		if makes := classKey(&i) != classKey(&structs.ContainerInstance{}); makes == slices.Contains(perInstance, field.Name) {
			t.Errorf("%s makes a class: %v", field.Name, makes)
		}
	}
}
