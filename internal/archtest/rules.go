// Package archtest holds the rules of the house as tests: which folder may import which, what the
// replicated core must not do, how long files and functions may grow, and how wide comments may be.
// Each rule has its reason, which a failing test prints.
//
// A change of the rules is a change of the design: it comes with an ADR.
package archtest

// module is the path of this module.
const module = "github.com/gantry-project/gantry"

// A folderRule says which folders of this module the production code of one folder may import. A
// name that ends in /... means everything below that folder. The first rule that matches a folder
// holds for it.
//
// Tests (files named _test.go) may import anything: fixtures join packages that production code
// keeps apart.
type folderRule struct {
	folder  string
	imports []string
	why     string
}

// anything is the list of a folder that may import everything.
var anything = []string{"..."}

var folderRules = []folderRule{
	{"structs", []string{"structs/query"},
		"the nouns are below everything else, but for the language that their constraints are written in"},
	{"structs/query", nil,
		"a language knows no nouns: it declares the Subject that it asks"},
	{"state", []string{"structs"},
		"tables know nouns and nothing of who reads them"},
	{"fsm", []string{"state", "structs"},
		"the log is applied here alone, and applying calls nobody: who wants to know subscribes to state"},
	{"scheduler", []string{"structs", "structs/query"},
		"a pure function of a view that it declares itself, so that it can be tested as data"},
	{"control", []string{"state", "structs"},
		"verbs read state and write through the Log that they declare, whatever stands behind it"},
	{"server", []string{"fsm", "state", "scheduler", "gossip", "control", "internal/wholefile", "server/...", "structs"},
		"the server wires the core together, and knows nothing of agents or of the doors to it"},
	{"server/planner", []string{"state", "scheduler", "structs"},
		"a part of the server is tested alone; the planner shares the scheduler's fit arithmetic"},
	{"server/simulator", []string{"fsm", "scheduler", "server/planner", "state", "structs"},
		"what it says is what happens, because it is made of the very parts that make it happen"},
	{"server/...", []string{"structs"},
		"a part of the server never holds the server, so that it is tested alone"},
	{"gossip", []string{"structs"},
		"who is there and who is not; what that means is the server's and the agent's matter"},
	{"security", nil,
		"keys, certificates and what they prove; whom that lets do what is the doors' matter"},
	{"security/...", nil,
		"how keys are proved, whoever asks"},
	{"access", []string{"control", "security", "security/sigv4", "structs"},
		"the gate before the doors: it finds out who calls; what a call is about is the doors' matter"},
	{"agent", []string{"client", "internal/wholefile", "security", "structs"},
		"an agent hears from servers over the wire and declares the Runtime that it needs"},
	{"agent/...", []string{"structs"},
		"a runtime knows containers, not tasks or servers"},
	{"client", []string{"security", "security/sigv4", "structs"},
		"the native API seen from outside"},
	{"aws/gen", nil,
		"reads a model, writes text: it must build while what it writes does not"},
	{"aws/gen/...", nil,
		"reads an SDK's source, writes a model"},
	{"aws/protocol", []string{"structs"},
		"wire formats that all AWS APIs share"},
	{"aws/...", []string{"aws/protocol", "control", "structs", "structs/query"},
		"a door translates to the verbs of control; what happens behind them is not its matter"},
	{"jobfile", []string{"structs"},
		"reads text; what a job then comes to is control's matter"},
	{"httpapi", []string{"control", "jobfile", "security", "structs"},
		"a door translates to the verbs of control; what happens behind them is not its matter"},
	{"config", nil,
		"fills in flags, whatever they are of"},
	{"cmd/gantry-sim", []string{"agent", "client", "gossip", "security", "structs"},
		"real agents on containers that are not real: it has no server and no engine in it"},
	{"cmd/gantry", []string{"access", "config", "server", "agent", "agent/docker", "client", "aws/...", "httpapi", "gossip", "security", "structs"},
		"main wires the parts; what they do is inside them"},
	{"testutil/faketime", nil,
		"tests of every package use it"},
	{"testutil/hosts", anything,
		"real processes are called as users do, with the SDK too"},
	{"testutil", anything,
		"a cluster in a process joins everything"},
	{"test/...", anything,
		"tests of the whole"},
	{"internal/wholefile", nil,
		"small files, whatever is in them"},
	{"internal/archtest", nil,
		"reads the source, does not run it"},
}

// A moduleRule says which folders alone may import a foreign module, so that it can be replaced in
// one place.
type moduleRule struct {
	prefix  string // of the import path
	folders []string
	why     string
}

var moduleRules = []moduleRule{
	{"github.com/docker/docker", []string{"agent/docker"},
		"the engine's client is behind agent.Runtime"},
	{"github.com/hashicorp/serf", []string{"gossip"},
		"membership is behind gossip"},
	{"github.com/hashicorp/memberlist", []string{"gossip"},
		"membership is behind gossip"},
	{"github.com/hashicorp/raft", []string{"fsm", "server", "server/simulator"},
		"everyone else writes through control.Log"},
	{"github.com/hashicorp/hcl", []string{"config"},
		"files that people write are read in one place"},
	{"go.yaml.in/yaml", []string{"jobfile"},
		"files that people write are read in one place"},
	{"github.com/aws/", nil,
		"the wire formats are ours; the SDK is for tests"},
}

// deterministic lists the folders that every server runs on the same input and must leave with the
// same result: no clock and no random numbers. Ids and times are minted before the log. (The
// determinism test of fsm checks that no result depends on the order of a map.)
var deterministic = []string{"fsm", "state", "scheduler", "scheduler/..."}

// randomPackages return another result each time.
var randomPackages = []string{"math/rand", "math/rand/v2", "crypto/rand", "hash/maphash"}

// clockFuncs are the functions of package time that read the clock or wait on it.
var clockFuncs = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// What a file written by hand may have, tests included.
const (
	// maxLines is the length of a file. A longer one holds two things.
	maxLines = 300
	// maxFunction is the length of a function's body in lines, not counting its tables.
	maxFunction = 60
	// maxColumns is the width of a line of comment, where a tab counts tabColumns.
	maxColumns = 100
	tabColumns = 4
)
