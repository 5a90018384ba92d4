package server_test

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gantry-project/gantry/server"
	"github.com/gantry-project/gantry/testutil"
)

var (
	flips    = flag.Int("flips", 1000, "how many times TestFlips changes a bit")
	flipSeed = flag.Uint64("flipseed", 1, "the seed of what TestFlips changes")
)

// keptFolder is the server's folder of a data directory with two snapshots and a log behind them,
// large enough for a tree in bolt.
func keptFolder(t *testing.T) (dir string) {
	t.Helper()
	dir = testutil.MemoryDir(t)
	inCluster(t, func(t *testing.T, c *testutil.Cluster) {
		for range 2 {
			for range 150 {
				register(t, c.Control())
			}
			fill(t, c)
			snapshot(t, c.Server(), 100)
		}
		for range 50 {
			register(t, c.Control())
		}
		c.StopServer()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(c.Dir, "server"))); err != nil {
			t.Fatal(err)
		}
	})
	return dir
}

func copied(t *testing.T, whole string) (dir string) {
	t.Helper()
	dir = testutil.MemoryDir(t)
	if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// damageIn does something to the content of a file, and says what.
type damageIn func(content []byte, random *rand.Rand) ([]byte, string)

func flipBit(content []byte, random *rand.Rand) ([]byte, string) {
	bit := random.IntN(8 * len(content))
	content[bit/8] ^= 1 << (bit % 8)
	return content, fmt.Sprintf("bit %d flipped", bit)
}

// flipVote flips a bit of what decides most in few bytes: bolt's meta pages, and the term and vote.
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

// A bit that has changed in the log, term, vote or a snapshot is found before the server takes part
// in anything, and told in words, or it is one that nobody reads. The same goes for files that were
// cut off and for pages that are zero.
func TestFlips(t *testing.T) {
	whole := keptFolder(t)
	// whole keeps the last write of the server as the last of its file
	want, err := server.Kept(copied(t, whole))
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
		switch got, err := server.Kept(dir); {
		case err == nil && got != want:
			t.Errorf("%s of %s is not found:\n%s", what, name, cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")))
		case err != nil && !(strings.Contains(err.Error(), " is damaged (") && strings.Contains(err.Error(), "or move "+dir+" away")):
			t.Errorf("%s of %s is told as %v", what, name, err)
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
