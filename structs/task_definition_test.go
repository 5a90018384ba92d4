package structs

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func definition(t *testing.T, text string) *TaskDefinition {
	t.Helper()
	var d TaskDefinition
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

// container returns a definition of one container with members beyond the required ones.
func container(more string) string {
	return `{"family":"f","containerDefinitions":[{"name":"a","image":"i","memory":64` + more + `}]}`
}

func task(more, containers string) string {
	return `{"family":"f",` + more + `,"containerDefinitions":[` + containers + `]}`
}

const (
	plain = `{"name":"a","image":"i","memory":64}`
	bare  = `{"name":"a","image":"i"}`
)

func TestValidate(t *testing.T) {
	// want: part of the message; empty: valid
	for _, tc := range []struct{ name, definition, want string }{
		{"hello", container(`,"portMappings":[{"containerPort":80}]`), ""},
		{"no family", `{"containerDefinitions":[` + plain + `]}`, "Family should not be null or empty."},
		{"family with a colon", `{"family":"a:1","containerDefinitions":[` + plain + `]}`, `Family contains invalid characters: "a:1"`},
		{"family too long", `{"family":"` + strings.Repeat("f", 256) + `","containerDefinitions":[` + plain + `]}`, "Use up to 255"},
		{"no containers", `{"family":"f"}`, "Container list cannot be empty."},
		{"too many containers", task(`"cpu":"1"`, strings.Repeat(plain+",", 10)+plain), "Too many containers."},
		{"no container name", task(`"cpu":"1"`, `{"image":"i","memory":64}`), "Container.name should not be null or empty."},
		{"no image", task(`"cpu":"1"`, `{"name":"a","memory":64}`), "Container.image should not be null or empty."},
		{"name twice", task(`"cpu":"1"`, plain+","+plain), "Container name 'a' is used more than once."},
		{"none essential", container(`,"essential":false`), "At least one container must be essential."},

		{"no memory", task(`"cpu":"1"`, bare), "Invalid setting for container 'a'. At least one of 'memory' or 'memoryReservation' must be specified."},
		{"memory of the task is enough", task(`"memory":"64"`, bare), ""},
		{"soft limit is enough", task(`"cpu":"1"`, `{"name":"a","image":"i","memoryReservation":6}`), ""},
		{"too little memory", task(`"cpu":"1"`, `{"name":"a","image":"i","memory":5}`), "'memory' is 5 MiB; the least is 6."},
		{"too little reserved", container(`,"memoryReservation":5`), "'memoryReservation' is 5 MiB; the least is 6."},
		{"hard below soft", container(`,"memoryReservation":65`), "'memory' (64 MiB) must not be less than 'memoryReservation' (65 MiB)."},
		{"negative cpu", container(`,"cpu":-1`), "'cpu' is -1"},
		{"task cpu in words", task(`"cpu":"much"`, plain), "Invalid 'cpu' setting for task: 'much'."},
		{"task memory negative", task(`"memory":"-1"`, plain), "Invalid 'memory' setting for task: '-1'."},
		{"container above its task", task(`"memory":"32"`, plain), "greater than the 'memory' of the task (32 MiB)"},
		{"containers reserve too much", task(`"memory":"0.0625 GB"`, plain+`,{"name":"b","image":"i","memoryReservation":6}`), "reserve (70 MiB)"},
		{"containers share too much cpu", task(`"cpu":"10"`, `{"name":"a","image":"i","memory":64,"cpu":11}`), "The sum of all container 'cpu' values"},

		{"environment without a name", container(`,"environment":[{"name":"","value":"x"}]`), "environment variable"},
		{"restart policy", container(`,"restartPolicy":{"enabled":true,"restartAttemptPeriod":60,"ignoredExitCodes":[0]}`), ""},
		{"restart period too short", container(`,"restartPolicy":{"enabled":true,"restartAttemptPeriod":59}`), "between 60 and 1800"},
		{"too many exit codes", container(`,"restartPolicy":{"enabled":true,"ignoredExitCodes":[0` + strings.Repeat(",1", 50) + `]}`), "at most 50"},
		{"shared GPU", container(`,"resourceRequirements":[{"type":"GPU","sharingStrategy":{"nvidiaMps":{"memory":1}}}]`), ""},
		{"GPU without a value", container(`,"resourceRequirements":[{"type":"GPU"}]`), "whole number from 1"},
		{"stop timeout of an hour", container(`,"stopTimeout":3600`), ""},
		{"stop timeout negative", container(`,"stopTimeout":-1`), "'stopTimeout' is -1"},
		{"health check", container(`,"healthCheck":{"command":["CMD","true"],"interval":5,"startPeriod":300}`), ""},
		{"health check without CMD", container(`,"healthCheck":{"command":["/bin/check"]}`), ""},
		{"health check without a program", container(`,"healthCheck":{"command":["CMD"]}`), "'healthCheck.command' names no program after CMD; give one"},
		{"no health check after all", container(`,"healthCheck":{"command":["NONE"]}`), ""},
		{"waits for a check that is none", task(`"cpu":"1"`, `{"name":"a","image":"i","memory":64,"healthCheck":{"command":["NONE"]}},
			{"name":"b","image":"i","memory":64,"dependsOn":[{"containerName":"a","condition":"HEALTHY"}]}`), "which has no 'healthCheck'"},
		{"health check too often", container(`,"healthCheck":{"command":["CMD","true"],"interval":4}`), "'healthCheck.interval' is 4; it must be between 5 and 300."},

		{"gpus", container(`,"resourceRequirements":[{"type":"GPU","value":"4"}]`), ""},
		{"no gpus", container(`,"resourceRequirements":[{"type":"GPU","value":"0"}]`), "'resourceRequirements'.value is '0'; for type GPU it must be a whole number from 1"},
		{"half a gpu", container(`,"resourceRequirements":[{"type":"GPU","value":"0.5"}]`), "'resourceRequirements'.value is '0.5'"},
		{"gpus less than none", container(`,"resourceRequirements":[{"type":"GPU","value":"-1"}]`), "'resourceRequirements'.value is '-1'"},
		{"gpus without a number", container(`,"resourceRequirements":[{"type":"GPU"}]`), "'resourceRequirements'.value is ''"},
		{"more gpus than any machine has", container(`,"resourceRequirements":[{"type":"GPU","value":"99999999999999999999"}]`), "from 1 to 1000"},
		{"gpus twice", container(`,"resourceRequirements":[{"type":"GPU","value":"1"},{"type":"GPU","value":"1"}]`), "more than one entry of type GPU"},
		{"another resource", container(`,"resourceRequirements":[{"type":"TPU","value":"1"}]`), "'resourceRequirements'.type is 'TPU'; it must be GPU or InferenceAccelerator."},
		{"an accelerator", container(`,"resourceRequirements":[{"type":"InferenceAccelerator","value":"device"}]`), ""},
		{"gpus on fargate", task(`"requiresCompatibilities":["FARGATE"],"networkMode":"awsvpc","cpu":"256","memory":"512"`,
			`{"name":"a","image":"i","resourceRequirements":[{"type":"GPU","value":"1"}]}`), "do not support resourceRequirements of type GPU"},

		{"port 0", container(`,"portMappings":[{"containerPort":0}]`), "'portMappings.containerPort' is 0"},
		{"port too high", container(`,"portMappings":[{"containerPort":80,"hostPort":65536}]`), "'portMappings.hostPort' is 65536"},
		{"port range", container(`,"portMappings":[{"containerPortRange":"80-90"}]`), ""},
		{"port range and port", container(`,"portMappings":[{"containerPortRange":"80-90","containerPort":80}]`), "not both"},
		{"host port twice", container(`,"portMappings":[{"containerPort":80,"hostPort":8080},{"containerPort":81,"hostPort":8080}]`), "Host port 8080/tcp is mapped twice"},
		{"host port twice, two protocols", container(`,"portMappings":[{"containerPort":53,"hostPort":53},{"containerPort":53,"hostPort":53,"protocol":"udp"}]`), ""},
		{"dynamic ports twice", container(`,"portMappings":[{"containerPort":80},{"containerPort":81,"hostPort":0}]`), ""},
		{"host network", task(`"networkMode":"host"`, `{"name":"a","image":"i","memory":64,"portMappings":[{"containerPort":80,"hostPort":81}]}`),
			"When networkMode=host, the host ports and container ports in port mappings must match."},
		{"host network, port twice", task(`"networkMode":"host"`, `{"name":"a","image":"i","memory":64,"portMappings":[{"containerPort":80},{"containerPort":80}]}`), "mapped twice"},

		{"unknown volume", container(`,"mountPoints":[{"sourceVolume":"v","containerPath":"/v"}]`), "Unknown volume 'v'."},
		{"volume twice", task(`"volumes":[{"name":"v"},{"name":"v"}]`, plain), "Volume name 'v' is used more than once."},
		{"link to nobody", container(`,"links":["b:db"]`), "container 'b', which the task definition does not have"},
		{"links with host network", task(`"networkMode":"host"`, `{"name":"a","image":"i","memory":64,"links":["a"]}`), "Links are not supported when networkMode=host."},
		{"depends on nobody", container(`,"dependsOn":[{"containerName":"b","condition":"START"}]`), "container 'b', which"},
		{"depends on itself", container(`,"dependsOn":[{"containerName":"a","condition":"START"}]`), "in a circle: a -> a."},
		{"circle of three", task(`"cpu":"1"`,
			`{"name":"a","image":"i","memory":64,"dependsOn":[{"containerName":"b","condition":"START"}]},`+
				`{"name":"b","image":"i","memory":64,"volumesFrom":[{"sourceContainer":"c"}]},`+
				`{"name":"c","image":"i","memory":64,"links":["a"]}`), "in a circle: a -> b -> c -> a."},
		{"diamond", task(`"cpu":"1"`,
			`{"name":"a","image":"i","memory":64,"links":["b","c"]},{"name":"b","image":"i","memory":64,"links":["d"]},`+
				`{"name":"c","image":"i","memory":64,"links":["d"]},{"name":"d","image":"i","memory":64}`), ""},
		{"success of an essential container", task(`"cpu":"1"`,
			`{"name":"a","image":"i","memory":64,"dependsOn":[{"containerName":"b","condition":"SUCCESS"}]},{"name":"b","image":"i","memory":64}`),
			"cannot be an essential container"},
		{"health of a container without a check", task(`"cpu":"1"`,
			`{"name":"a","image":"i","memory":64,"dependsOn":[{"containerName":"b","condition":"HEALTHY"}]},{"name":"b","image":"i","memory":64}`),
			"has no 'healthCheck'"},

		{"fargate", task(`"requiresCompatibilities":["FARGATE"],"networkMode":"awsvpc","cpu":".25 vCPU","memory":"0.5GB"`, bare), ""},
		{"fargate, largest", task(`"requiresCompatibilities":["FARGATE"],"networkMode":"awsvpc","cpu":"16384","memory":"122880"`, bare), ""},
		{"fargate on a bridge", task(`"requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512"`, bare), "Fargate only supports network mode"},
		{"fargate without cpu", task(`"requiresCompatibilities":["FARGATE"],"networkMode":"awsvpc","memory":"512"`, bare), "Fargate requires that 'cpu' be defined at the task level."},
		{"fargate, no such size", task(`"requiresCompatibilities":["FARGATE"],"networkMode":"awsvpc","cpu":"8192","memory":"17408"`, bare),
			"No Fargate configuration exists for given values: 8192 CPU, 17408 memory."},
		{"fargate, pid of the host", task(`"requiresCompatibilities":["FARGATE"],"networkMode":"awsvpc","cpu":"256","memory":"512","pidMode":"host"`, bare), "do not support pidMode 'host'"},
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

func TestNormalize(t *testing.T) {
	const defaults = `"environment":[],"essential":true,"image":"i","memory":64,"mountPoints":[],"name":"a",`
	const rest = `"systemControls":[],"volumesFrom":[]`
	for _, tc := range []struct{ name, in, want string }{
		{
			"the least", container(""),
			`{"compatibilities":["EXTERNAL","EC2"],"containerDefinitions":[{"cpu":0,` + defaults + `"portMappings":[],` + rest + `}],` +
				`"family":"f","placementConstraints":[],"revision":0,"volumes":[]}`,
		},
		{
			"amounts, ports and volumes",
			task(`"cpu":"1 vCPU","memory":"0.5 GB","volumes":[{"name":"v"}]`,
				`{"name":"a","image":"i","memory":64,"essential":false,"portMappings":[{"containerPort":81,"hostPort":8081},{"containerPort":80,"protocol":"udp"}]}`),
			`{"compatibilities":["EXTERNAL","EC2"],"containerDefinitions":[{"cpu":0,"environment":[],"essential":false,"image":"i","memory":64,"mountPoints":[],"name":"a",` +
				`"portMappings":[{"containerPort":81,"hostPort":8081,"protocol":"tcp"},{"containerPort":80,"hostPort":0,"protocol":"udp"}],` + rest + `}],` +
				`"cpu":"1024","family":"f","memory":"512","placementConstraints":[],"revision":0,"volumes":[{"host":{},"name":"v"}]}`,
		},
		{
			"host network", task(`"networkMode":"host"`, `{"name":"a","image":"i","memory":64,"portMappings":[{"containerPort":80}]}`),
			`{"compatibilities":["EXTERNAL","EC2"],"containerDefinitions":[{"cpu":0,` + defaults +
				`"portMappings":[{"containerPort":80,"hostPort":80,"protocol":"tcp"}],` + rest + `}],` +
				`"family":"f","networkMode":"host","placementConstraints":[],"revision":0,"volumes":[]}`,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := definition(t, tc.in)
			d.Normalize()
			got, err := json.Marshal(d)
			if err != nil || string(got) != tc.want {
				t.Errorf("%v\ngot  %s\nwant %s", err, got, tc.want)
			}
			d.Normalize()
			if again, _ := json.Marshal(d); string(again) != tc.want {
				t.Errorf("a second time gives %s", again)
			}
		})
	}
}

func TestUnsupportedFeatures(t *testing.T) {
	all := `{"family":"f","networkMode":"awsvpc","taskRoleArn":"r","executionRoleArn":"e","pidMode":"task","ipcMode":"task",
		"volumes":[{"name":"v"},{"name":"late","configuredAtLaunch":true}],"proxyConfiguration":{"containerName":"x"},"ephemeralStorage":{"sizeInGiB":21},
		"inferenceAccelerators":[{}],"enableFaultInjection":true,"runtimePlatform":{"operatingSystemFamily":"WINDOWS_SERVER_2022_CORE"},
		"containerDefinitions":[{"name":"fine","healthCheck":{"command":["CMD","x"]},"logConfiguration":{"logDriver":"json-file"},"restartPolicy":{"enabled":false},"resourceRequirements":[{"type":"GPU","value":"1"}]},
		{"name":"a","secrets":[{}],"environmentFiles":[{}],"dependsOn":[{}],"volumesFrom":[{}],"mountPoints":[{"sourceVolume":"late"},{"sourceVolume":"v"}],
		"resourceRequirements":[{"type":"GPU","value":"2"},{"type":"InferenceAccelerator","value":"d"}],"credentialSpecs":["c"],"firelensConfiguration":{"type":"fluentd","options":{"config-file-type":"s3"}},"repositoryCredentials":{"credentialsParameter":"p"},"restartPolicy":{"enabled":true},
		"logConfiguration":{"logDriver":"awslogs","options":{"tag":"t","awslogs-endpoint":"e","awslogs-format":"json/emf","awslogs-create-stream":"false"},"secretOptions":[{}]}}]}`
	override := &TaskOverride{
		TaskRoleArn: "r", ExecutionRoleArn: "e", EphemeralStorage: &EphemeralStorage{SizeInGiB: 21},
		InferenceAcceleratorOverrides: []InferenceAcceleratorOverride{{}},
		ContainerOverrides:            []ContainerOverride{{EnvironmentFiles: []EnvironmentFile{{}}, ResourceRequirements: []ResourceRequirement{{Type: RequirementGPU, Value: "many"}}}},
	}
	const c, o = "containerDefinitions[1].", "overrides.containerOverrides[0]."
	want := []string{
		"proxyConfiguration",
		"inferenceAccelerators", "enableFaultInjection", "runtimePlatform.operatingSystemFamily WINDOWS_SERVER_2022_CORE", "volumes[1].configuredAtLaunch",
		c + "resourceRequirements InferenceAccelerator d",
		c + "credentialSpecs", c + "firelensConfiguration.options.config-file-type s3",
		c + "logConfiguration.options awslogs-endpoint", c + "logConfiguration.options awslogs-format",
		c + "logConfiguration.options tag", c + "logConfiguration.options awslogs-create-stream",
		"overrides.inferenceAcceleratorOverrides", o + "resourceRequirements GPU many",
	}
	if got := UnsupportedFeatures(definition(t, all), override); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// Empty or unused fields request nothing.
func TestEmptyMembersRefuseNothing(t *testing.T) {
	d := definition(t, `{"family":"f","networkMode":"","taskRoleArn":"","pidMode":"","ipcMode":"","cpu":"","memory":"",
		"volumes":[{"name":"unused"},{"name":"efs","efsVolumeConfiguration":{"fileSystemId":"fs"}},{"name":"late","configuredAtLaunch":true}],
		"proxyConfiguration":{},"ephemeralStorage":{},"inferenceAccelerators":[{"deviceName":"unused","deviceType":"t"}],
		"enableFaultInjection":false,"runtimePlatform":{"operatingSystemFamily":"","cpuArchitecture":""},"trustedExecutionConfiguration":{},
		"placementConstraints":[],"requiresCompatibilities":[],
		"containerDefinitions":[{"name":"a","image":"i","memory":64,"command":[],"entryPoint":[],"environment":[],"secrets":[],
		"environmentFiles":[],"dependsOn":[],"links":[],"volumesFrom":[],"mountPoints":[],"portMappings":[],"resourceRequirements":[],
		"credentialSpecs":[],"firelensConfiguration":{},"repositoryCredentials":{"credentialsParameter":""},"restartPolicy":{},
		"versionConsistency":"","dnsServers":[],"dnsSearchDomains":[],"dockerSecurityOptions":[],"dockerLabels":{},"extraHosts":[],
		"systemControls":[],"ulimits":[],"linuxParameters":{"capabilities":{"add":[],"drop":[]},"devices":[],"tmpfs":[]},
		"logConfiguration":{"logDriver":"","options":{},"secretOptions":[]},"workingDirectory":"","user":"","hostname":""}]}`)
	if err := d.Validate(); err != nil {
		t.Error(err)
	}
	o := &TaskOverride{
		EphemeralStorage: &EphemeralStorage{}, InferenceAcceleratorOverrides: []InferenceAcceleratorOverride{},
		ContainerOverrides: []ContainerOverride{{Name: "a", Command: []string{}, Environment: []KeyValuePair{}, EnvironmentFiles: []EnvironmentFile{},
			ResourceRequirements: []ResourceRequirement{}}},
	}
	if err := o.Validate(); err != nil {
		t.Error(err)
	}
	if got := UnsupportedFeatures(d, o); got != nil {
		t.Errorf("refused for %q", got)
	}
}

func TestEmptyOverrideTakesNothing(t *testing.T) {
	c := ContainerDefinition{Name: "a", Command: []string{"serve"}, EnvironmentFiles: []EnvironmentFile{{Value: "a"}}, ResourceRequirements: []ResourceRequirement{{Type: RequirementGPU, Value: "1"}}}
	given := &TaskOverride{ContainerOverrides: []ContainerOverride{{Name: "a", Command: []string{}, EnvironmentFiles: []EnvironmentFile{}, ResourceRequirements: []ResourceRequirement{}}}}
	if got := c.WithOverride(given.Normalize()); !reflect.DeepEqual(got, c) {
		t.Errorf("overridden to %+v", got)
	}
	if given.ContainerOverrides[0].Command == nil {
		t.Error("the override was changed in place")
	}
}

func TestValidateOverride(t *testing.T) {
	for _, tc := range []struct {
		override ContainerOverride
		want     string
	}{
		{ContainerOverride{Name: "a", Cpu: new(int32(0)), Memory: new(int32(6))}, ""},
		{ContainerOverride{Name: "a", Cpu: new(int32(-1))}, "overrides.containerOverrides[0].cpu: -1 is negative"},
		{ContainerOverride{Name: "a", Memory: new(int32(0))}, "overrides.containerOverrides[0].memory: 0 MiB is less than 6"},
		{ContainerOverride{Name: "a", MemoryReservation: new(int32(-5))}, "overrides.containerOverrides[0].memoryReservation: -5 MiB is less than 6"},
		{ContainerOverride{Name: "a", ResourceRequirements: []ResourceRequirement{{Type: RequirementGPU, Value: "1"}}}, ""},
		{ContainerOverride{Name: "a", ResourceRequirements: []ResourceRequirement{{Type: RequirementGPU, Value: "none"}}},
			"overrides.containerOverrides[0].resourceRequirements.value is 'none'; for type GPU it must be a whole number from 1 to 1000."},
		{ContainerOverride{Name: "a", EnvironmentFiles: make([]EnvironmentFile, 11)}, "overrides.containerOverrides[0].environmentFiles: it has 11 files; it can have at most 10"},
		{ContainerOverride{Name: "a", Environment: []KeyValuePair{{Value: "x"}}}, "overrides.containerOverrides[0].environment[0].name is required"},
	} {
		o := TaskOverride{ContainerOverrides: []ContainerOverride{tc.override}}
		got := ""
		if err := o.Validate(); err != nil {
			got = err.Message
		}
		if got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}
