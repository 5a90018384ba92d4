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
	{"scheduler", []string{"scheduler/place", "scheduler/splitmix", "structs"},
		"a pure function of a view that it declares itself, so that it can be tested as data"},
	{"scheduler/place", []string{"scheduler/splitmix", "structs", "structs/query"},
		"where tasks go, whyever they are lacking: reconciling jobs is above it"},
	{"scheduler/splitmix", nil,
		"arithmetic"},
	{"endpoints", []string{"structs"},
		"a pure function of a view that it declares itself, so that it can be tested as data"},
	{"control", []string{"endpoints", "state", "structs"},
		"verbs read state and write through the Log that they declare, whatever stands behind it"},
	{"control/logs", []string{"control", "state", "structs"},
		"logs are read on any server, from agents: it writes nothing, and knows no door"},
	{"control/logs/filter", nil,
		"a language knows no nouns"},
	{"control/certificates", []string{"control", "control/vault", "state", "structs"},
		"verbs of certificates; how keys are sealed is the vault's matter"},
	{"control/traffic", []string{"control", "state", "structs"},
		"verbs of load balancers and target groups; who receives traffic is computed elsewhere, from the same rows"},
	{"control/vault", []string{"control", "security", "state", "structs"},
		"seals and opens values; who may see one is control's matter"},
	{"server", []string{"state", "scheduler", "scheduler/place", "control", "control/certificates", "control/vault", "internal/route", "server/...", "structs"},
		"the server wires the core together, and knows nothing of agents or of the doors to it"},
	{"server/node", []string{"fsm", "internal/wholefile", "state", "structs"},
		"raft and the disk: what is replicated, and who the other servers are, is not its matter"},
	{"server/members", []string{"gossip", "internal/route", "internal/wholefile", "server/node", "structs"},
		"gossip and raft peers meet here, and nothing else"},
	{"server/reach", []string{"internal/route", "internal/streams", "structs"},
		"connections to agents; what they are asked is the verbs' matter"},
	{"server/blocks", []string{"fsm", "state", "structs"},
		"a part of the leader's work gets what it reads and writes, so that it is tested alone"},
	{"server/collector", []string{"fsm", "state", "structs"},
		"a part of the leader's work gets what it reads and writes, so that it is tested alone"},
	{"server/drains", []string{"endpoints", "state", "structs"},
		"a part of the leader's work gets what it reads and writes, so that it is tested alone"},
	{"server/verdicts", []string{"endpoints", "state", "structs"},
		"a part of the leader's work gets what it reads and writes, so that it is tested alone"},
	{"server/planner", []string{"state", "scheduler", "scheduler/place", "structs"},
		"a part of the server is tested alone; the planner shares the scheduler's fit arithmetic"},
	{"server/simulator", []string{"fsm", "scheduler", "server/planner", "state", "structs"},
		"what it says is what happens, because it is made of the very parts that make it happen"},
	{"server/...", []string{"structs"},
		"a part of the server never holds the server, so that it is tested alone"},
	{"dns", []string{"structs"},
		"answers queries from the names that it is given"},
	{"endpoints", []string{"structs"},
		"a pure function of a view that it declares itself: balancers, names and pages read one table"},
	{"gossip", []string{"structs"},
		"who is there and who is not; what that means is the server's and the agent's matter"},
	{"security", nil,
		"keys, certificates and what they prove; whom that lets do what is the doors' matter"},
	{"security/...", nil,
		"how keys are proved, whoever asks"},
	{"access", []string{"control", "internal/route", "security", "security/sigv4", "structs"},
		"the gate before the doors: it finds out who calls; what a call is about is the doors' matter"},
	{"agent", []string{"agent/exec", "agent/images", "agent/link", "agent/loggroups", "agent/logs", "agent/runtime", "agent/secrets", "agent/sink", "agent/task", "agent/wait", "balancer", "balancer/certs", "structs"},
		"what joins the link, the tasks and the engine; it calls no server and takes no step of a task itself"},
	{"agent/loggroups", []string{"agent/runtime", "agent/task", "structs"},
		"a resource of tasks: which groups exist is the servers' matter"},
	{"agent/link", []string{"agent/wait", "client", "internal/streams", "internal/wholefile", "security", "structs"},
		"the link to the servers knows neither containers nor what is done with an assignment"},
	{"agent/exec", []string{"agent/runtime", "internal/datachannel", "internal/streams", "structs"},
		"sessions of people in containers: the servers between them and the engine behind the containers are not its matter"},
	{"agent/images", []string{"agent/runtime", "agent/wait", "internal/wholefile", "structs"},
		"images are pulled and removed whoever wants them: it asks the engine through its seam, and knows no task"},
	{"agent/logs", []string{"agent/runtime", "agent/wait", "structs"},
		"output is kept whatever task it is of: it asks the engine through its seam, and knows no server"},
	{"agent/task", []string{"agent/images", "agent/runtime", "agent/wait", "structs"},
		"a task goes its way whether a server is there or not, so that it is tested without one"},
	{"agent/volume", []string{"agent/runtime", "agent/task", "structs"},
		"volumes are prepared for a task as data says; containers and servers are not its matter"},
	{"agent/awskeys", []string{"structs"},
		"whose keys a role has is the operator's word; how containers get them is not its matter"},
	{"agent/files", []string{"agent/runtime", "agent/task", "structs"},
		"files of tasks come from a server that it declares; containers are not its matter"},
	{"agent/firelens", []string{"agent/runtime", "agent/task", "structs"},
		"a router's files follow from its task; containers and servers are not its matter"},
	{"agent/runtime", []string{"agent/wait", "structs"},
		"the seam: what an agent asks of a container engine, whichever that is"},
	{"agent/secrets", []string{"agent/runtime", "agent/task", "structs"},
		"a resource of tasks: whom it asks is given to it"},
	{"agent/sink", []string{"agent/wait", "internal/wholefile", "objectstore", "structs"},
		"it ships what is kept; who keeps it is given to it"},
	{"agent/wait", nil,
		"how parts of the agent wait, for whatever it is"},
	{"agent/network", []string{"agent/runtime", "agent/task", "agent/wait", "internal/wholefile", "structs"},
		"a resource of tasks: it makes networks around pauses, whichever engine has them"},
	{"agent/runtime/fake", []string{"agent/runtime", "structs"},
		"an engine knows containers, not tasks or servers"},
	{"agent/credentials", []string{"agent/wait", "structs"},
		"keys are held and renewed, whoever gives and asks for them"},
	{"agent/connect", []string{"balancer", "structs"},
		"balances what containers send to names; where they reach it and who answers for names is given to it"},
	{"agent/names", []string{"agent/connect", "agent/runtime", "agent/task", "dns", "structs"},
		"what containers have as their resolver; where they reach it is given to it"},
	{"agent/metadata", []string{"agent/credentials", "agent/runtime", "agent/task", "internal/wholefile", "security/sigv4", "structs"},
		"what tasks ask: where they reach it, which engine runs them and how servers are called is given to it"},
	{"agent/cgroup", []string{"agent/runtime", "agent/task", "structs"},
		"what a task may use is Linux's matter, whatever engine runs its containers"},
	{"agent/docker", []string{"agent/runtime", "structs"},
		"an engine knows containers, not tasks or servers"},
	{"balancer/proxy", nil,
		"carries requests to targets that it is given; which, and what a cluster is, is its router's matter"},
	{"balancer/certs", []string{"structs"},
		"certificates come from servers that it declares; what is served with them is not its matter"},
	{"balancer/accesslog", nil,
		"lines of a file; who was asked for what is its caller's matter"},
	{"balancer/check", []string{"structs"},
		"whether a target answers as it should, whatever goes to it"},
	{"balancer/handover", nil,
		"sockets between two processes, whoever listens on them"},
	{"balancer/match", []string{"structs"},
		"what a rule says of a request, whoever serves it"},
	{"balancer", []string{"balancer/accesslog", "balancer/check", "balancer/match", "balancer/proxy", "structs"},
		"an ingress instance knows the cluster by the frames of traffic alone"},
	{"objectstore", []string{"structs"},
		"objects of buckets, whoever reads or writes them"},
	{"client", []string{"internal/datachannel", "security", "security/sigv4", "structs"},
		"the native API seen from outside"},
	{"aws/gen", nil,
		"reads a model, writes text: it must build while what it writes does not"},
	{"aws/gen/...", nil,
		"reads an SDK's source, writes a model"},
	{"aws", []string{"aws/acm", "aws/ec2", "aws/ecs", "aws/elbv2", "aws/iam", "aws/logs", "aws/protocol", "aws/secretsmanager", "aws/servicediscovery", "aws/ssm", "aws/sts", "control", "control/certificates", "control/traffic", "control/vault"},
		"one handler of the services that there are; what they do is inside them"},
	{"aws/protocol", []string{"control", "structs"},
		"what all AWS APIs share: wire formats, and the frame of an action, which asks control.Authorize"},
	{"aws/logs", []string{"aws/protocol", "control", "control/logs", "control/logs/filter", "structs"},
		"a door; what it shows is read by control/logs"},
	{"aws/acm", []string{"aws/protocol", "control", "control/certificates", "state", "structs"},
		"a door translates to the verbs of control/certificates"},
	{"aws/elbv2", []string{"aws/protocol", "control", "control/traffic", "endpoints", "structs"},
		"a door translates to the verbs of control/traffic"},
	{"aws/secretsmanager", []string{"aws/protocol", "control", "control/vault", "structs"},
		"a door translates to the verbs of control/vault"},
	{"aws/servicediscovery", []string{"aws/protocol", "control", "endpoints", "state", "structs"},
		"a door: from request to verb to answer; which tasks are instances is computed in endpoints"},
	{"aws/ssm", []string{"aws/protocol", "control", "control/vault", "structs"},
		"a door translates to the verbs of control/vault"},
	{"aws/...", []string{"aws/protocol", "control", "structs", "structs/query"},
		"a door translates to the verbs of control; what happens behind them is not its matter"},
	{"jobfile", []string{"structs"},
		"reads text; what a job then comes to is control's matter"},
	{"httpapi", []string{"control", "control/certificates", "control/logs", "control/vault", "internal/datachannel", "internal/route", "jobfile", "security", "structs"},
		"a door translates to the verbs of control; what happens behind them is not its matter"},
	{"config", nil,
		"fills in flags, whatever they are of"},
	{"cmd/gantry-sim", []string{"agent", "agent/link", "agent/runtime", "agent/runtime/fake", "client", "gossip", "security", "structs"},
		"real agents on containers that are not real: it has no server and no engine in it"},
	{"process", []string{"access", "agent", "agent/link", "aws", "client", "control/vault", "gossip", "httpapi", "internal/route", "objectstore", "security", "server", "structs"},
		"a process is put together here, from plain values; flags, files, signals and the container engine are the command's matter"},
	{"cmd/gantry", []string{"agent", "agent/awskeys", "agent/cgroup", "agent/connect", "agent/docker", "agent/firelens", "agent/files", "agent/images", "agent/metadata", "agent/logs", "agent/names", "agent/network", "agent/runtime", "agent/sink", "agent/task", "agent/volume", "balancer", "balancer/accesslog", "balancer/handover", "client", "config", "dns", "process", "security", "server", "structs"},
		"a command turns flags and files into values, starts what they describe, and prints; parts are joined in process"},
	{"testutil/openloop", nil,
		"tests of every package use it"},
	{"testutil/acme", []string{"structs"},
		"a certificate authority, whoever orders there"},
	{"testutil/pair", nil,
		"certificates, whatever they are for"},
	{"testutil/faketime", nil,
		"tests of every package use it"},
	{"testutil/fluent", nil,
		"it is in the test image, too, and knows a protocol"},
	{"testutil/singlenode", anything,
		"tests inside the packages of the doors import it, so it must not import a door: Go refuses the circle"},
	{"testutil/agentlogs", []string{"structs"},
		"what agents keep, for tests of those who read it"},
	{"testutil/hosts", anything,
		"real processes are called as users do, with the SDK too"},
	{"testutil/proxies", []string{"balancer/proxy"},
		"our proxy beside others, without a cluster"},
	{"testutil", anything,
		"a cluster in a process joins everything"},
	{"test/...", anything,
		"tests of the whole"},
	{"internal/datachannel", nil,
		"messages and their order, whatever they carry and whoever has the two ends"},
	{"internal/wholefile", nil,
		"small files, whatever is in them"},
	{"internal/streams", nil,
		"streams of a connection, whoever uses them"},
	{"internal/route", nil,
		"what a route is, whoever declares it or looks it up"},
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
	{"github.com/docker/docker/", []string{"agent/docker"},
		"the engine's client is behind agent/runtime"},
	{"github.com/vishvananda/netlink", []string{"agent/network"},
		"links and routes are behind agent/task.Resource"},
	{"github.com/google/nftables", []string{"agent/network"},
		"the machine's firewall is behind agent/task.Resource"},
	{"golang.zx2c4.com/wireguard", []string{"agent/network"},
		"tunnels are behind agent/task.Resource"},
	{"github.com/miekg/dns", []string{"dns", "testutil/acme"},
		"the messages of DNS"},
	{"github.com/coder/websocket", []string{"client", "httpapi"},
		"a WebSocket is one of the ways of the data channel, at the two ends of the network"},
	{"github.com/docker/docker-credential-helpers", []string{"agent/images"},
		"logins come from one place"},
	{"github.com/hashicorp/serf", []string{"gossip"},
		"membership is behind gossip"},
	{"github.com/hashicorp/memberlist", []string{"gossip"},
		"membership is behind gossip"},
	{"github.com/hashicorp/raft", []string{"fsm", "server/node", "server/simulator"},
		"everyone else writes through control.Log"},
	{"github.com/xtaci/smux", []string{"agent/exec", "agent/link", "internal/streams", "server/reach"},
		"the calls of servers to agents share one connection"},
	{"github.com/hashicorp/hcl", []string{"config"},
		"files that people write are read in one place"},
	{"go.yaml.in/yaml", []string{"jobfile"},
		"files that people write are read in one place"},
	{"github.com/minio/", []string{"objectstore"},
		"S3 is behind objectstore"},
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
