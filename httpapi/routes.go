package httpapi

import (
	"net/http"

	"github.com/gantry-project/gantry/internal/route"
)

// routes returns the native API, all of it. By default a route is for holders of access keys, is
// answered by the leader, and has its body held until the leader has it. The caller's policy must
// allow the action on the resource; routes for agents have neither.
func (a *api) routes() []route.Route {
	type h = http.HandlerFunc
	return []route.Route{
		{Pattern: "GET /v1/health", Who: route.Anyone, Where: route.ThisServer, Handler: h(a.health)},
		{Pattern: "GET /v1/ready", Action: "gantry:DescribeServer", Resource: none, Where: route.ThisServer, Handler: h(a.ready)},

		{Pattern: "POST /v1/jobs", Action: "gantry:PutJob", Handler: h(a.putJob)},
		{Pattern: "POST /v1/jobs/plan", Action: "gantry:PlanJob", Quiet: true, Handler: h(a.planJob)},
		{Pattern: "GET /v1/jobs", Action: "gantry:ListJobs", Resource: cluster, Handler: h(a.jobs)},
		{Pattern: "GET /v1/jobs/{name}", Action: "gantry:DescribeJob", Resource: a.jobInPath, Handler: h(a.job)},
		{Pattern: "DELETE /v1/jobs/{name}", Action: "gantry:StopJob", Resource: a.jobInPath, Handler: h(a.stopJob)},

		{Pattern: "POST /v1/deploys", Action: "gantry:PutJob", Handler: h(a.deploy)},
		{Pattern: "POST /v1/services/{name}/undo", Action: "gantry:PutJob", Resource: a.jobInPath, Handler: h(a.undo)},

		{Pattern: "GET /v1/evaluations", Action: "gantry:ListEvaluations", Resource: clusterIfNamed, Handler: h(a.evaluations)},
		{Pattern: "GET /v1/evaluations/{id}", Action: "gantry:DescribeEvaluation", Resource: none, Handler: h(a.evaluation)},
		{Pattern: "GET /v1/instances", Action: "gantry:ListInstances", Resource: cluster, Handler: h(a.instances)},
		{Pattern: "GET /v1/tasks", Action: "gantry:ListTasks", Resource: cluster, Handler: h(a.tasks)},
		{Pattern: "POST /v1/logs", Action: "gantry:ReadLogs", Where: route.AnyServer, Quiet: true, Handler: h(a.logs)},
		{Pattern: "POST /v1/tasks/{id}/exec", Action: "gantry:ExecTask", Resource: taskInPath, Handler: h(a.execTask)},
		{Pattern: "POST /v1/sessions/{id}/resume", Action: "gantry:ExecTask", Where: route.AnyServer, Quiet: true, Handler: h(a.resumeSession)},
		{Pattern: "GET /v1/data-channel/{session}", Who: route.Anyone, Where: route.AnyServer, Handler: h(a.dataChannel)},
		{Pattern: "POST /v1/simulate", Action: "gantry:Simulate", Resource: none, Quiet: true, Handler: h(a.simulate)},

		{Pattern: "POST /v1/schedulers/{name}/next", Action: "gantry:NextEvaluation", Resource: scheduler, Quiet: true, Handler: h(a.nextLease)},
		{Pattern: "POST /v1/schedulers/{name}/plan", Action: "gantry:PutPlan", Resource: scheduler, Handler: h(a.planLease)},
		{Pattern: "POST /v1/schedulers/{name}/ack", Action: "gantry:EndEvaluation", Resource: scheduler, Handler: h(a.ackLease)},
		{Pattern: "POST /v1/schedulers/{name}/nack", Action: "gantry:EndEvaluation", Resource: scheduler, Handler: h(a.nackLease)},

		{Pattern: "GET /v1/load-balancers", Action: "gantry:ListLoadBalancers", Resource: none, Handler: h(a.loadBalancers)},
		{Pattern: "POST /v1/traffic/stats", Action: "gantry:ReadTraffic", Resource: none, Quiet: true, Handler: h(a.trafficStats)},

		{Pattern: "GET /v1/members", Who: route.KeyOrAgent, Action: "gantry:ListMembers", Resource: none, Where: route.ThisServer, Handler: h(a.members)},
		{Pattern: "GET /v1/status/leader", Action: "gantry:DescribeServer", Resource: none, Where: route.ThisServer, Handler: h(a.leader)},
		{Pattern: "GET /v1/status/raft", Action: "gantry:DescribeServer", Resource: none, Where: route.ThisServer, Handler: h(a.raftPeers)},
		{Pattern: "POST /v1/server/leave", Action: "gantry:LeaveServer", Resource: none, Where: route.ThisServer, Handler: h(a.leave)},
		{Pattern: "POST /v1/gossip/rotate", Action: "gantry:RotateGossipKey", Resource: none, Handler: h(a.rotateGossipKey)},
		{Pattern: "GET /v1/snapshot", Action: "gantry:SaveSnapshot", Resource: none, Handler: h(a.saveSnapshot)},
		{Pattern: "POST /v1/snapshot", Action: "gantry:RestoreSnapshot", Resource: none, Body: route.Streamed, Handler: h(a.restoreSnapshot)},

		{Pattern: "POST /v1/bootstrap", Action: "gantry:Bootstrap", Resource: none, Handler: h(a.bootstrap)},
		{Pattern: "POST /v1/keys", Action: "gantry:CreateAccessKey", Resource: none, Handler: h(a.createAccessKey)},
		{Pattern: "GET /v1/keys", Action: "gantry:ListAccessKeys", Resource: none, Handler: h(a.listAccessKeys)},
		{Pattern: "DELETE /v1/keys/{id}", Action: "gantry:RevokeAccessKey", Resource: accessKey, Handler: h(a.revokeAccessKey)},

		{Pattern: "GET /v1/roles", Action: "gantry:ListRoles", Resource: none, Handler: h(a.roles)},
		{Pattern: "GET /v1/roles/{name}", Action: "gantry:DescribeRole", Resource: role, Handler: h(a.role)},
		{Pattern: "PUT /v1/roles/{name}", Action: "gantry:PutRole", Resource: role, Handler: h(a.putRole)},
		{Pattern: "DELETE /v1/roles/{name}", Action: "gantry:DeleteRole", Resource: role, Handler: h(a.deleteRole)},
		{Pattern: "POST /v1/roles/{name}/assume", Action: "gantry:AssumeRole", Resource: role, Handler: h(a.assumeRole)},

		{Pattern: "GET /v1/volumes", Action: "gantry:ListVolumes", Resource: none, Handler: h(a.volumeMappings)},
		{Pattern: "GET /v1/volumes/{id}", Action: "gantry:DescribeVolume", Resource: volume, Handler: h(a.volumeMapping)},
		{Pattern: "PUT /v1/volumes/{id}", Action: "gantry:MapVolume", Resource: volume, Handler: h(a.mapVolume)},
		{Pattern: "DELETE /v1/volumes/{id}", Action: "gantry:UnmapVolume", Resource: volume, Handler: h(a.unmapVolume)},

		{Pattern: "GET /v1/buckets", Action: "gantry:ListBuckets", Resource: none, Handler: h(a.bucketMappings)},
		{Pattern: "GET /v1/buckets/{name}", Action: "gantry:DescribeBucket", Resource: bucket, Handler: h(a.bucketMapping)},
		{Pattern: "PUT /v1/buckets/{name}", Action: "gantry:MapBucket", Resource: bucket, Handler: h(a.mapBucket)},
		{Pattern: "DELETE /v1/buckets/{name}", Action: "gantry:UnmapBucket", Resource: bucket, Handler: h(a.unmapBucket)},

		{Pattern: "GET /v1/certificates", Action: "gantry:ListCertificates", Resource: none, Handler: h(a.certificates)},
		{Pattern: "GET /v1/certificates/authority", Action: "gantry:DescribeServer", Resource: none, Handler: h(a.certificateAuthority)},

		{Pattern: "POST /v1/secrets/rotate-key", Action: "gantry:RotateSecretKey", Resource: none, Handler: h(a.rotateSecretKey)},

		{Pattern: "POST /v1/agent/certificate", Who: route.Anyone, Where: route.AnyServer, Quiet: true, Handler: h(a.enrolAgent)},
		{Pattern: "POST /v1/agent/register", Who: route.AnyAgent, Handler: h(a.registerAgent)},
		{Pattern: "POST /v1/agent/stream", Who: route.Agent, Where: route.AnyServer, Body: route.Streamed, Quiet: true, Handler: h(a.streamAssignments)},
		{Pattern: "POST /v1/agent/traffic", Who: route.Agent, Where: route.AnyServer, Body: route.Streamed, Quiet: true, Handler: h(a.streamTraffic)},
		{Pattern: "POST /v1/agent/targets", Who: route.Agent, Quiet: true, Handler: h(a.reportTargets)},
		{Pattern: "POST /v1/agent/drains", Who: route.Agent, Quiet: true, Handler: h(a.reportDrains)},
		{Pattern: "POST /v1/agent/report", Who: route.Agent, Quiet: true, Handler: h(a.reportTasks)},
		{Pattern: "POST /v1/agent/images", Who: route.Agent, Quiet: true, Handler: h(a.pinImages)},
		{Pattern: "POST /v1/agent/calls", Who: route.Agent, Where: route.ThisServer, Body: route.Streamed, Quiet: true, Handler: h(a.serveAgent)},
		{Pattern: "POST /v1/agent/log-groups", Who: route.Agent, Quiet: true, Handler: h(a.ensureLogGroups)},
		{Pattern: "POST /v1/agent/log-groups/begins", Who: route.Agent, Quiet: true, Handler: h(a.logGroupBegins)},
		{Pattern: "POST /v1/agent/credentials", Who: route.Agent, Where: route.AnyServer, Quiet: true, Handler: h(a.roleCredentials)},
		{Pattern: "POST /v1/agent/tags", Who: route.Agent, Where: route.AnyServer, Quiet: true, Handler: h(a.taskTags)},
		{Pattern: "POST /v1/agent/files", Who: route.Agent, Quiet: true, Handler: h(a.taskFiles)},
		{Pattern: "POST /v1/agent/health", Who: route.Agent, Quiet: true, Handler: h(a.reportRuntime)},
		{Pattern: "POST /v1/agent/secrets", Who: route.Agent, Handler: h(a.taskSecrets)},
		{Pattern: "POST /v1/agent/certificates", Who: route.Agent, Where: route.AnyServer, Quiet: true, Handler: h(a.ingressCertificates)},
		{Pattern: "POST /v1/agent/acme", Who: route.Agent, Quiet: true, Handler: h(a.acmeCall)},
	}
}
