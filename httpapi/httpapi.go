// Package httpapi is the native HTTP API under /v1: health, jobs, lists, why work was not placed,
// and the agents' endpoints. It has no logic of its own: a handler decodes, calls a verb of
// control, and encodes. routes.go says who may call each route and where it is answered.
//
//	GET  /v1/health                     200: the process is alive
//	GET  /v1/ready                      200: there is a leader, and state has caught up; until then 503 with the reason
//	POST /v1/jobs                       a job file (docs/jobs.md), YAML or JSON → JobPut: created, updated or unchanged;
//	                                    ?clientToken=TOKEN: a batch job does not run twice with the same one
//	POST /v1/jobs/plan                  a job file → JobPlan: what putting it would do
//	GET  /v1/jobs?cluster=NAME          JobList; &all=true: those that have ended too
//	GET  /v1/jobs/{name}?cluster=NAME   JobDetail of a service or daemon by its name, of any job by its id
//	DELETE /v1/jobs/{name}?cluster=NAME stops the job and its tasks → the Job
//	POST /v1/deploys                    a Deploy → Deployed: an image as an exposed service, or another image for one
//	POST /v1/services/{name}/undo?cluster=NAME  → Deployed: the service goes back to the tasks that it had before
//	GET  /v1/evaluations/{id}           an Evaluation: its outcome, and why tasks found no place
//	GET  /v1/evaluations                ?cluster=NAME, ?job=ID, ?limit=N (20): EvaluationList, newest first
//	GET  /v1/instances?cluster=NAME     InstanceList: container instances and what their tasks use
//	GET  /v1/tasks?cluster=NAME         TaskList, newest first; &all=true: stopped ones too
//	POST /v1/logs                       a LogRequest → LogLines, one JSON value a line: what the containers of a task or a service wrote
//	POST /v1/tasks/{id}/exec?cluster=NAME  an ExecRequest → ExecSession: a session that runs a command in a container
//	POST /v1/sessions/{id}/resume?cluster=NAME  an ExecSession with a new token for a session that has lost its connection; none: it has ended
//	GET  /v1/data-channel/{session}     a WebSocket, the data channel of a session; its first message shows the token
//	POST /v1/simulate                   a Scenario → Simulation: what would happen; nothing changes
//	POST /v1/schedulers/{name}/next     ?wait=30s: a Lease, or 204 if no evaluation came: see docs/schedulers.md
//	POST /v1/schedulers/{name}/plan     a LeasePlan → LeasePlanned
//	POST /v1/schedulers/{name}/ack      {"token": "…"} → 204
//	POST /v1/schedulers/{name}/nack     {"token": "…"} → 204
//	GET  /v1/load-balancers             LoadBalancerList: load balancers with their rules, target groups with their targets
//	POST /v1/traffic/stats              → TrafficStatsList: what the ingress instances counted
//	GET  /v1/members                    MemberList: the servers and agents that gossip knows
//	GET  /v1/status/leader              the leader's address for calls, a string; 503 while there is none
//	GET  /v1/status/raft                PeerList: the raft peers as this server has them
//	GET  /v1/snapshot                   the cluster's whole state, a file for POST that ends with its checksum
//	POST /v1/snapshot?replace=true      such a file replaces the whole state → SnapshotInfo; without replace only an empty one
//	POST /v1/server/leave               removes this server from the cluster; 204 once the leader has removed it, then its process ends
//	POST /v1/gossip/rotate              every member encrypts gossip with a new key → GossipRotation
//	POST /v1/bootstrap                  → NewAccessKey: the first one, once
//	POST /v1/keys                       an AccessKeyRequest → NewAccessKey
//	GET  /v1/keys                       AccessKeyList
//	DELETE /v1/keys/{id}                204: the key is revoked
//	GET  /v1/roles                      RoleList
//	GET  /v1/roles/{name}               the Role
//	PUT  /v1/roles/{name}               a RoleSpec → the Role: makes it, or changes it
//	DELETE /v1/roles/{name}             204: it is gone, and its temporary keys are refused
//	POST /v1/roles/{name}/assume        an AssumeRoleRequest → RoleCredentials
//	GET  /v1/volumes                    VolumeMappingList
//	GET  /v1/volumes/{id}               the VolumeMapping of a file system or access point
//	PUT  /v1/volumes/{id}               a VolumeMapping → the VolumeMapping: maps it, or maps it anew
//	DELETE /v1/volumes/{id}             204: it is not mapped any more
//	GET  /v1/buckets                    BucketMappingList
//	GET  /v1/buckets/{name}             the BucketMapping of a bucket
//	PUT  /v1/buckets/{name}             a BucketMappingRequest → the BucketMapping: maps it, or maps it anew
//	DELETE /v1/buckets/{name}           204: it is not mapped any more
//	GET  /v1/certificates               CertificateList: the certificates for HTTPS, without their keys
//	GET  /v1/certificates/authority     the certificate of gantry dev's own authority, PEM
//	POST /v1/secrets/rotate-key         → VaultKeyRotation: all secrets and parameters are sealed with a new key
//	POST /v1/agent/certificate?instance=ID  an Enrolment → Enrolled, if TLS is on
//	POST /v1/agent/register             a ContainerInstance → the registered ContainerInstance
//	POST /v1/agent/stream?instance=ID   AssignmentFrames, one JSON value a line, until the client goes. Every second it sends a byte
//	                                    of its choice, but not zero, to show that it is alive; the byte comes back as a frame's beat
//	POST /v1/agent/traffic?instance=ID  TrafficFrames, one JSON value a line, until the client goes
//	POST /v1/agent/targets?instance=ID  [TargetReport] of an ingress instance → 204 once they are in the log
//	POST /v1/agent/drains?instance=ID   an ingress instance's newest DrainReport → 204
//	POST /v1/agent/report?instance=ID   [TaskUpdate] → 204 once they are in the log
//	POST /v1/agent/images?instance=ID&deployment=ID   proposed digests, a list of PinnedImage → those that hold
//	POST /v1/agent/log-groups?instance=ID   {"task": ID} → 204: the log groups exist that the task writes to
//	POST /v1/agent/log-groups/begins?instance=ID   names of log groups → {NAME: time}: of those that exist, from when on events are kept
//	POST /v1/agent/credentials?instance=ID  a RoleCredentialsRequest → RoleCredentials of a role of a task
//	POST /v1/agent/tags?instance=ID&task=ID   → 200 a TaskTags
//	POST /v1/agent/files?instance=ID&task=  the TaskFiles of a task
//	POST /v1/agent/health?instance=ID   a RuntimeHealth, its status and reason → 204 once it is in the log
//	POST /v1/agent/secrets?instance=ID  a TaskSecretsRequest about a task of the instance → TaskSecrets
//	POST /v1/agent/certificates?instance=ID&digest=D   IngressCertificates, when its digest is not D or after some seconds
//	POST /v1/agent/acme?instance=ID     an ACMECall → ACMEAnswer
//	POST /v1/agent/calls?instance=ID    upgrades the connection (HTTP/1.1, gantry-agent-calls) to one over which servers call the agent
//
// Errors are {"error": {"code": "ClusterNotFound", "message": "…"}} with a fitting status. The
// codes are those of structs.Kind.
package httpapi

import (
	"context"
	"io"
	"log/slog"

	"github.com/gantry-project/gantry/control"
	"github.com/gantry-project/gantry/control/certificates"
	"github.com/gantry-project/gantry/control/vault"
	"github.com/gantry-project/gantry/internal/route"
	"github.com/gantry-project/gantry/security"
	"github.com/gantry-project/gantry/structs"
)

// Config is what the API needs. All fields except Enrol are required.
type Config struct {
	Control *control.Control
	Vault   *vault.Vault
	// Certificates are those for HTTPS.
	Certificates *certificates.Certificates
	// Ready returns why the process cannot take work yet; nil if it can.
	Ready  func() error
	Logger *slog.Logger
	// Closing is closed when the process stops. Streams end with it.
	Closing <-chan struct{}
	// Members and Leader return what gossip and raft know. Leader is host:port, empty while there
	// is none.
	Members func() []structs.Member
	Leader  func() string
	// Server is the server process itself.
	Server Server
	// Enrol certifies agents. Nil if TLS is off.
	Enrol Enroller
}

// Server is what people can ask of the server process.
type Server interface {
	RaftPeers(ctx context.Context) structs.PeerList
	Leave(ctx context.Context) error
	SaveSnapshot(ctx context.Context, to io.Writer) error
	RotateGossipKey(ctx context.Context) (structs.GossipRotation, error)
	RestoreSnapshot(ctx context.Context, from io.Reader, replace bool) (structs.SnapshotInfo, error)
}

// Enroller returns the certificate of an instance's agent.
type Enroller = func(instance string, in security.Enrolment) (security.Enrolled, error)

type api struct{ Config }

// New returns the routes under /v1.
func New(c Config) *route.Table {
	a := &api{c}
	routes := a.routes()
	for n := range routes {
		routes[n].Handler = a.authorized(routes[n])
	}
	return route.New(routes...)
}
