package node_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/server/node"
	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
	"github.com/gantry-project/gantry/testutil"
)

var (
	flips    = flag.Int("flips", 1000, "how many times TestFlips changes a bit")
	flipSeed = flag.Uint64("flipseed", 1, "the seed of what TestFlips changes")
)

// keptFolder returns a server's folder with two snapshots and a log behind them, large enough for a
// tree in bolt.
func keptFolder(t *testing.T) string {
	t.Helper()
	dir, err := node.OpenDir(testutil.MemoryDir(t), "a")
	if err != nil {
		t.Fatal(err)
	}
	n, err := node.Open(node.Config{Dir: dir, Store: state.New(), Logger: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	<-n.LeaderChanges()
	register(t, n)
	for _, cmd := range everything {
		apply(t, n, cmd)
	}
	for range 2 {
		for range 150 {
			register(t, n)
		}
		if err := n.Snapshot(100); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		register(t, n)
	}
	if err := errors.Join(n.Stop(), dir.Close()); err != nil {
		t.Fatal(err)
	}
	return dir.Path()
}

// everything is a few commands of different nouns.
var everything = []structs.Command{
	structs.CreateCluster{Cluster: structs.Cluster{Name: "other"}},
	structs.RegisterInstance{Instance: structs.ContainerInstance{
		ID: "0c", Cluster: structs.DefaultCluster, Name: "host", Registered: structs.Resources{CPU: 4096, Memory: 8192},
	}},
	structs.CreateJob{
		Job: structs.Job{
			ID: "0a", Type: structs.JobBatch, Cluster: structs.DefaultCluster,
			TaskDefinition: "web:1", Count: 1, ClientToken: "known",
		},
		Evaluation: structs.Evaluation{ID: "0b", Job: "0a", Cluster: structs.DefaultCluster, Status: structs.EvaluationReady},
	},
}

func register(t *testing.T, n *node.Node) {
	t.Helper()
	app := structs.ContainerDefinition{Name: "app", Image: "app", Memory: new(int32(64))}
	apply(t, n, structs.RegisterTaskDefinition{Definition: structs.TaskDefinition{
		Family: "web", ContainerDefinitions: []structs.ContainerDefinition{app},
	}})
}

func apply(t *testing.T, n *node.Node, cmd structs.Command) {
	t.Helper()
	if _, err := n.Apply(t.Context(), cmd); err != nil {
		t.Fatal(err)
	}
}

func copied(t *testing.T, whole string) (dir string) {
	t.Helper()
	dir = testutil.MemoryDir(t)
	if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// damageIn changes the content of a file, and says how.
type damageIn func(content []byte, random *rand.Rand) ([]byte, string)

func flipBit(content []byte, random *rand.Rand) ([]byte, string) {
	bit := random.IntN(8 * len(content))
	content[bit/8] ^= 1 << (bit % 8)
	return content, fmt.Sprintf("bit %d flipped", bit)
}

// flipVote flips a bit where few bytes decide much: in bolt's meta pages, the term or the vote.
func flipVote(content []byte, random *rand.Rand) ([]byte, string) {
	places := [][2]int{{0, 80}, {4096, 80}}
	for _, key := range []string{"CurrentTerm", "LastVoteTerm", "LastVoteCand"} {
		for from := 0; ; {
			at := bytes.Index(content[from:], []byte(key))
			if at < 0 {
				break
			}
			places = append(places, [2]int{from + at, len(key) + 12})
			from += at + 1
		}
	}
	place := places[random.IntN(len(places))]
	if random.IntN(2) == 0 {
		place = places[random.IntN(2)]
	}
	bit := 8*place[0] + random.IntN(8*place[1])
	content[bit/8] ^= 1 << (bit % 8)
	return content, fmt.Sprintf("bit %d flipped", bit)
}

func cutOff(content []byte, random *rand.Rand) ([]byte, string) {
	n := random.IntN(len(content))
	return content[:n], fmt.Sprintf("cut to %d of %d bytes", n, len(content))
}

func zeroPage(content []byte, random *rand.Rand) ([]byte, string) {
	const page = 4096
	at := page * random.IntN(1+(len(content)-1)/page)
	clear(content[at:min(at+page, len(content))])
	return content, fmt.Sprintf("zero from %d on", at)
}

// A changed bit in the log, the term, the vote or a snapshot is found before the server takes part
// in anything, with an error that explains it, or it is a bit that nobody reads. The same holds for
// files that were cut off and for pages of zeros.
func TestFlips(t *testing.T) {
	whole := keptFolder(t)
	// a copy: in whole, the server's last write stays the last one of the file
	want, err := node.Kept(copied(t, whole))
	if err != nil {
		t.Fatal(err)
	}
	files := slices.DeleteFunc(testutil.Files(t, whole), func(name string) bool { return strings.HasSuffix(name, "/") })
	random := rand.New(rand.NewPCG(*flipSeed, 0))
	t.Logf("seed %d", *flipSeed)
	refused := 0
	for n := range *flips {
		do, name := damageIn(flipBit), "raft.db"
		switch {
		case n%2 == 0:
			name = files[random.IntN(len(files))]
		case n%4 == 1:
			do = flipVote
		}
		switch {
		case n%20 == 18:
			do = cutOff
		case n%20 == 19:
			do = zeroPage
		}
		dir := copied(t, whole)
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		content, what := do(content, random)
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
		switch got, err := node.Kept(dir); {
		case err == nil && got != want:
			t.Errorf("%s of %s is not found:\n%s", what, name, cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
		case err != nil && !(strings.Contains(err.Error(), " is damaged (") &&
			strings.Contains(err.Error(), "or move "+dir+" away")):
			t.Errorf("%s of %s is reported as %v", what, name, err)
		case err != nil:
			refused++
		}
		os.RemoveAll(dir)
	}
	t.Logf("%d of %d are refused", refused, *flips)
	if refused < *flips/4 {
		t.Errorf("only %d of %d changes are refused", refused, *flips)
	}
}
