package structs

import (
	"strings"
	"testing"
)

// What ECS refuses at registration, in its words where they are known.
func TestValidateAsECS(t *testing.T) {
	task := func(rest, containers string) string {
		return `{"family":"f",` + rest + `"containerDefinitions":[` + containers + `]}`
	}
	// one has a container with more members, and the task has more as well
	one := func(rest, more string) string {
		return task(rest, `{"name":"a","image":"i","memory":64`+more+`}`)
	}
	const (
		role    = `"executionRoleArn":"r",`
		awsvpc  = `"networkMode":"awsvpc",`
		fargate = role + awsvpc + `"requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",`
		secrets = `,"secrets":[{"name":"S","valueFrom":"s"}]`
		region  = `"awslogs-region":"eu-west-1"`
		group   = `"awslogs-group":"g"`
		router  = `,"firelensConfiguration":{"type":"fluentbit"}`
		routed  = `,"logConfiguration":{"logDriver":"awsfirelens"}`
	)
	awslogs := func(options string) string {
		return `,"logConfiguration":{"logDriver":"awslogs","options":{` + options + `}}`
	}
	linux := func(parameters string) string { return `,"linuxParameters":{` + parameters + `}` }
	for _, tc := range []struct{ name, definition, want string }{
		{"a secret of a variable's name", one(role, secrets+`,"environment":[{"name":"S","value":"v"}]`),
			"The secret name must be unique and not shared with any new or existing environment variables set on the container, such as 'S'."},
		{"a secret twice", one(role, `,"secrets":[{"name":"S","valueFrom":"s"},{"name":"S","valueFrom":"t"}]`), "The secret name must be unique"},
		{"the variable of another container", task(role, `{"name":"a","image":"i","memory":64`+secrets+`},{"name":"b","image":"i","memory":64,"environment":[{"name":"S","value":"v"}]}`), ""},
		{"secrets without a role", one("", secrets), "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."},
		{"secretOptions without a role", one("", `,"logConfiguration":{"logDriver":"splunk","secretOptions":[{"name":"splunk-token","valueFrom":"s"}]}`), "you must also specify a value for 'executionRoleArn'."},

		{"awslogs", one("", awslogs(group+`,`+region)), ""},
		{"awslogs without options", one("", `,"logConfiguration":{"logDriver":"awslogs"}`), "Log driver awslogs requires options: awslogs-region, awslogs-group"},
		{"awslogs without a region", one("", awslogs(group)), "Log driver awslogs requires options: awslogs-region"},
		{"awslogs, empty group", one("", awslogs(region+`,"awslogs-group":""`)), "Log driver awslogs option 'awslogs-group' should not be null or empty."},
		{"awslogs makes its group", one("", awslogs(region+`,`+group+`,"awslogs-create-group":"True"`)), ""},
		{"awslogs makes no group", one("", awslogs(region+`,`+group+`,"awslogs-create-group":"false"`)),
			"Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else omit option."},
		{"a router that nobody uses", one("", router), "When a firelensConfiguration object is specified, at least one container has to be configured with the awsfirelens log driver."},
		{"no router", one("", routed), "When awsfirelens log driver is specified in log configuration, a firelens configuration object must be configured in one of the containers."},
		{"a router and its user", task("", `{"name":"a","image":"i","memory":64`+router+`},{"name":"b","image":"i","memory":64`+routed+`}`), ""},

		{"awsvpc, hostname", one(awsvpc, `,"hostname":"h"`), "hostname is not supported on container when networkMode=awsvpc."},
		{"awsvpc, extra hosts", one(awsvpc, `,"extraHosts":[{"hostname":"h","ipAddress":"10.0.0.1"}]`), "Extra hosts are not supported on container when networkMode=awsvpc."},
		{"awsvpc, no network", one(awsvpc, `,"disableNetworking":true`), "Disable Networking is not supported on container when networkMode=awsvpc."},
		{"awsvpc, links", one(awsvpc, `,"links":["a"]`), "Links are not supported when networkMode=awsvpc."},
		{"awsvpc, another host port", one(awsvpc, `,"portMappings":[{"containerPort":80,"hostPort":8080}]`), "When networkMode=awsvpc, the host ports and container ports in port mappings must match."},
		{"awsvpc, one port in two containers", task(awsvpc, `{"name":"a","image":"i","memory":64,"portMappings":[{"containerPort":80}]},{"name":"b","image":"i","memory":64,"portMappings":[{"containerPort":80}]}`), "mapped twice"},
		{"none, ports", one(`"networkMode":"none",`, `,"portMappings":[{"containerPort":80}]`), "Port mappings are not supported when networkMode=none."},
		{"dependsOn twice", task("", `{"name":"a","image":"i","memory":64,"dependsOn":[{"containerName":"b","condition":"START"},{"containerName":"b","condition":"COMPLETE"}]},{"name":"b","image":"i","memory":64,"essential":false}`),
			"'dependsOn' has container 'b' twice."},

		{"fargate, host path", one(fargate+`"volumes":[{"name":"v","host":{"sourcePath":"/v"}}],`, ""), "Fargate compatible task definitions do not support sourcePath"},
		{"fargate, shared in the task", one(fargate+`"volumes":[{"name":"v","host":{}}],`, ""), ""},
		{"fargate, docker volume", one(fargate+`"volumes":[{"name":"v","dockerVolumeConfiguration":{}}],`, ""), "Fargate compatible task definitions do not support dockerVolumeConfiguration"},
		{"fargate, constraints", one(fargate+`"placementConstraints":[{"type":"memberOf","expression":"attribute:a == b"}],`, ""), "Fargate compatible task definitions do not support constraints"},
		{"fargate, ipc", one(fargate+`"ipcMode":"task",`, ""), "Tasks using the Fargate launch type do not support ipcMode."},
		{"fargate, host network", one(`"requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512","networkMode":"host",`, ""), "Fargate only supports network mode ‘awsvpc’."},
		{"fargate, privileged", one(fargate, `,"privileged":true`), "Fargate compatible task definitions do not support privileged"},
		{"fargate, devices", one(fargate, linux(`"devices":[{"hostPath":"/dev/fuse"}]`)), "Fargate compatible task definitions do not support devices"},
		{"fargate, tmpfs", one(fargate, linux(`"tmpfs":[{"containerPath":"/t","size":1}]`)), "Fargate compatible task definitions do not support tmpfs"},
		{"fargate, shared memory", one(fargate, linux(`"sharedMemorySize":64`)), "Fargate compatible task definitions do not support sharedMemorySize"},
		{"fargate, swap", one(fargate, linux(`"maxSwap":64`)), "Fargate compatible task definitions do not support maxSwap"},
		{"fargate, a capability", one(fargate, linux(`"capabilities":{"add":["NET_ADMIN"]}`)), "support only adding 'SYS_PTRACE'"},
		{"fargate, allowed parameters", one(fargate, linux(`"initProcessEnabled":true,"capabilities":{"add":["SYS_PTRACE"],"drop":["ALL"]}`)), ""},
		{"fargate, security options", one(fargate, `,"dockerSecurityOptions":["no-new-privileges"]`), "do not support dockerSecurityOptions"},
		{"fargate, dns", one(fargate, `,"dnsServers":["10.0.0.2"]`), "do not support dnsServers"},
		{"fargate, stop timeout", one(fargate, `,"stopTimeout":121`), "must have a container stop timeout of less than 120 seconds."},
		{"fargate, syslog", one(fargate, `,"logConfiguration":{"logDriver":"syslog"}`), "syslog is not a valid log driver. Must be one of [awslogs,splunk,awsfirelens,json-file]"},
		{"fargate, awslogs without a role", one(strings.TrimPrefix(fargate, role), awslogs(group+`,`+region)), "Fargate requires task definition to have execution role ARN to support log driver awslogs."},
		{"fargate, ECR without a role", task(strings.TrimPrefix(fargate, role), `{"name":"a","image":"1.dkr.ecr.eu-west-1.amazonaws.com/a"}`), "execution role ARN to support ECR images."},
		{"fargate, 32 vCPUs", one(role+awsvpc+`"requiresCompatibilities":["FARGATE"],"cpu":"32 vCPU","memory":"120 GB",`, ""), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := definition(t, tc.definition).Validate()
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("got %q, want it valid", err)
			case tc.want != "" && err == nil:
				t.Errorf("it is valid, want %q", tc.want)
			case tc.want != "" && !strings.Contains(err.Message, tc.want):
				t.Errorf("got %q, want %q", err, tc.want)
			}
		})
	}
}
