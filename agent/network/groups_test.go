package network

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-project/gantry/config"
)

const groupsText = `
group "sg-web" {
  allow {
    protocol = "tcp"
    ports    = ["80", "8000-8010"]
    from     = ["cluster", "198.18.0.0/15"]
  }
}
group "sg-closed" {}
`

func parseGroups(t *testing.T, text string) (Groups, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "groups.hcl")
	check(t, os.WriteFile(path, []byte(text), 0o600))
	var f GroupsFile
	if err := config.Decode(path, &f); err != nil {
		return nil, err
	}
	return f.Parse()
}

func TestGroupsFile(t *testing.T) {
	groups, err := parseGroups(t, groupsText)
	check(t, err)
	list, open := groups.of([]string{"sg-web", "sg-closed"})
	want := Allow{6, 8000, 8010, netip.MustParsePrefix("198.18.0.0/15")}
	if open || len(list) != 4 || list[3] != want || list[0] != (Allow{6, 80, 80, netip.Prefix{}}) {
		t.Errorf("allowed is %v, open %v", list, open)
	}
	for _, ids := range [][]string{nil, {"sg-web", "sg-other"}} {
		if list, open := groups.of(ids); !open {
			t.Errorf("%v allows only %v", ids, list)
		}
	}
	for text, word := range map[string]string{
		"group \"a\" {\nallow {\nfrom = [\"sg-1\"]\n}\n}":                                "groups as sources are not supported",
		"group \"a\" {\nallow {\nfrom = [\"10.0.0.0\"]\n}\n}":                            "neither",
		"group \"a\" {\nallow {\nprotocol = \"tpc\"\nfrom = []\n}\n}":                    "none of tcp",
		"group \"a\" {\nallow {\nports = [\"1\"]\nfrom = [\"cluster\"]\n}\n}":            "tcp or udp",
		"group \"a\" {\nallow {\nprotocol = \"tcp\"\nports = [\"9-1\"]\nfrom = []\n}\n}": "9-1",
		"group \"a\" {\nalow {\n}\n}":                                                    "groups.hcl:2",
		"group \"a\" {}\ngroup \"a\" {}":                                                 "twice",
	} {
		if _, err := parseGroups(t, text); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v, want a word about %q", text, err, word)
		}
	}
}

// A task gets what its groups allow and answers to what it asks, and nothing else. Its rules go
// with it.
func TestGroups(t *testing.T) {
	list := twoMachines(t)
	reach(t, list, TrafficVXLAN)
	one, two := list[0], list[1]
	groups, err := parseGroups(t, groupsText)
	check(t, err)
	guard := func(ids ...string) {
		t.Helper()
		allowed, open := groups.of(ids)
		check(t, two.guard(two.id, two.a, allowed, open, whole))
	}
	blocked := func() {
		t.Helper()
		if got, err := get(one.task, two.a.String(), time.Second/4); err == nil {
			t.Errorf("what no group allows is answered: %q", got)
		}
	}
	guard("sg-web")
	guard("sg-web") // once more changes nothing
	fetch(t, one.task, two.a.String())
	guard("sg-closed")
	blocked()
	fetch(t, two.task, one.a.String())
	guard("sg-closed", "sg-unknown")
	fetch(t, one.task, two.a.String())
	guard("sg-closed")
	check(t, two.guard("the next task", two.a, nil, true, whole)) // has the address of one that is gone
	fetch(t, one.task, two.a.String())
	guard("sg-closed")
	check(t, two.sweep(func(string) bool { return true }))
	blocked()
	check(t, two.sweep(func(string) bool { return false }))
	check(t, two.attach(two.task, two.id, two.block, two.a, 1450))
	fetch(t, one.task, two.a.String())
}
