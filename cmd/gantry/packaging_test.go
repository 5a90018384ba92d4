package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/gantry-project/gantry/config"
)

const packaging = "../../packaging"

func packaged(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{packaging}, path...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// commandOf returns the command of a command line, with its flags parsed.
func commandOf(t *testing.T, args []string) *cobra.Command {
	t.Helper()
	cmd, rest, err := rootCommand().Find(args)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err != nil || !cmd.Runnable() {
		t.Fatalf("%v is no command line of gantry: %v", args, err)
	}
	return cmd
}

// The files for /etc/gantry are valid as they are. The systemd units start with them, and keep
// state where the files say.
func TestPackagedUnits(t *testing.T) {
	for _, role := range []string{"server", "agent"} {
		file := filepath.Join(packaging, "etc", role+".hcl")
		if out, err := gantry(t, "config", "validate", "--role", role, file); err != nil {
			t.Errorf("%s: %s%v", file, out, err)
		}
		unit := packaged(t, "systemd", "gantry-"+role+".service")
		line := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/gantry (.*)$`).FindStringSubmatch(unit)
		if line == nil {
			t.Fatalf("the unit of the %s starts no gantry", role)
		}
		cmd := commandOf(t, strings.Fields(line[1]))
		if paths := configFiles(cmd); cmd.Name() != role || len(paths) != 1 || paths[0] != "/etc/gantry/"+role+".hcl" {
			t.Errorf("the unit of the %s runs %q", role, line[1])
		}
		if err := config.Files(cmd.Flags(), []string{file}); err != nil {
			t.Error(err)
		}
		dir := cmd.Flags().Lookup("data-dir").Value.String()
		says(t, unit, "StateDirectory="+strings.TrimPrefix(dir, "/var/lib/")+"\n", "Type=notify\n", "Restart=on-failure\n")
	}
}

// systemd accepts the units.
func TestUnitsVerify(t *testing.T) {
	verify, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze on this machine")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var units []string
	for _, name := range []string{"gantry-server.service", "gantry-agent.service"} {
		unit := filepath.Join(dir, name)
		if err := os.WriteFile(unit, []byte(strings.ReplaceAll(packaged(t, "systemd", name), "/usr/bin/gantry", self)), 0o600); err != nil {
			t.Fatal(err)
		}
		units = append(units, unit)
	}
	out, err := exec.CommandContext(t.Context(), verify, append([]string{"verify", "--man=no"}, units...)...).CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, dir) {
			t.Error(strings.TrimSpace(line))
		}
	}
	if err != nil {
		t.Logf("systemd-analyze: %v\n%s", err, out)
	}
}

// Each container of the compose file would start: its command exists, and accepts its environment
// and flags.
func TestCompose(t *testing.T) {
	var file struct {
		Services map[string]struct {
			Command     []string
			Environment map[string]string
			Volumes     []string
			Networks    map[string]struct {
				Address string `yaml:"ipv4_address"`
			}
		}
		Volumes map[string]any
	}
	if err := yaml.Unmarshal([]byte(packaged(t, "docker", "compose.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for name, service := range file.Services {
		var server serverOptions
		var agent agentOptions
		cmd, check := server.command(), server.check
		if service.Command[0] == "agent" {
			cmd, check = agent.command(), agent.check
		}
		count[cmd.Name()]++
		if len(service.Command) != 1 || service.Command[0] != cmd.Name() {
			t.Errorf("%s runs %v", name, service.Command)
		}
		known := map[string]bool{}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			for _, variable := range config.Variables(f) {
				known[variable] = true
			}
		})
		for variable := range service.Environment {
			if !known[variable] {
				t.Errorf("%s: gantry %s has no %s", name, cmd.Name(), variable)
			}
		}
		if err := config.Environment(cmd.Flags(), func(variable string) string { return service.Environment[variable] }); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if at := service.Networks["gantry"].Address; at != service.Environment["GANTRY_ADVERTISE"] {
			t.Errorf("%s is at %s and advertises %s", name, at, service.Environment["GANTRY_ADVERTISE"])
		}
		for _, target := range []string{service.Environment["GANTRY_DATA_DIR"], service.Environment["GANTRY_SECRET_FILE"]} {
			if !strings.Contains(strings.Join(service.Volumes, " ")+" ", ":"+target+" ") && !strings.Contains(strings.Join(service.Volumes, " "), ":"+target+":ro") {
				t.Errorf("%s keeps %s in the container", name, target)
			}
		}
		if _, declared := file.Volumes[name]; !declared {
			t.Errorf("%s has no volume of its own", name)
		}
	}
	if count["server"] != 3 || count["agent"] != 2 {
		t.Errorf("there are %v", count)
	}
}

// The image's health check is an existing command.
func TestDockerfile(t *testing.T) {
	text := packaged(t, "docker", "Dockerfile")
	line := regexp.MustCompile(`(?m)^HEALTHCHECK .* CMD (\[.*\])$`).FindStringSubmatch(text)
	var args []string
	if line == nil || json.Unmarshal([]byte(line[1]), &args) != nil || args[0] != "/gantry" {
		t.Fatalf("no health check in:\n%s", text)
	}
	if cmd := commandOf(t, args[1:]); cmd.Name() != "health" {
		t.Errorf("the health check is %v", args)
	}
}
