package structs

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func TestValidatePortRangesAndLinks(t *testing.T) {
	ranges := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(`{"containerPortRange":"%d-%d"}`, 1000+2*i, 1001+2*i))
		}
		return strings.Join(list, ",")
	}
	// want: part of the message; empty: valid
	for _, test := range []struct{ name, mode, ports, links, want string }{
		{"on the host's network", "host", `{"containerPortRange":"80-90"}`, ``, "not supported when networkMode=host"},
		{"without a network", "none", `{"containerPortRange":"80-90"}`, ``, "not supported when networkMode=none"},
		{"in the task's network", "awsvpc", `{"containerPortRange":"80-90"}`, ``, ""},
		{"of one port", "bridge", `{"containerPortRange":"80-80"}`, ``, "the lower first"},
		{"a port", "bridge", `{"containerPortRange":"80"}`, ``, "the lower first"},
		{"backwards", "bridge", `{"containerPortRange":"90-80"}`, ``, "the lower first"},
		{"a word", "bridge", `{"containerPortRange":"http"}`, ``, "the lower first"},
		{"from zero", "bridge", `{"containerPortRange":"0-80"}`, ``, "from 1 to 65535"},
		{"beyond the ports", "bridge", `{"containerPortRange":"65530-65536"}`, ``, "from 1 to 65535"},
		{"with a host port", "bridge", `{"containerPortRange":"80-90","hostPort":80}`, ``, "not both"},
		{"two that overlap", "bridge", `{"containerPortRange":"80-90"},{"containerPortRange":"90-91"}`, ``, "overlaps"},
		{"a port in a range", "bridge", `{"containerPort":85},{"containerPortRange":"80-90"}`, ``, "overlaps"},
		{"a range over a port", "bridge", `{"containerPortRange":"80-90"},{"containerPort":85}`, ``, "overlaps"},
		{"of two protocols", "", `{"containerPortRange":"80-90"},{"containerPortRange":"80-90","protocol":"udp"}`, ``, ""},
		{"a hundred", "", ranges(100), ``, ""},
		{"more than a hundred", "", ranges(101), ``, "at most 100"},
		{"link", "bridge", ``, `"b"`, ""},
		{"link with an alias", "", ``, `"b:db"`, ""},
		{"link with two", "", ``, `"b:db:x"`, "name:alias"},
		{"link without alias", "", ``, `"b:"`, "name:alias"},
		{"link to no container", "", ``, `"c"`, "container 'c', which the task definition does not have"},
		{"link on the task's network", "awsvpc", ``, `"b"`, "Links are not supported when networkMode=awsvpc."},
	} {
		text := fmt.Sprintf(`{"family":"f","networkMode":%q,"containerDefinitions":[{"name":"a","image":"i","memory":64,"portMappings":[%s],"links":[%s]},
			{"name":"b","image":"i","memory":64}]}`, test.mode, test.ports, test.links)
		var d TaskDefinition
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			t.Fatal(err)
		}
		err := d.Validate()
		if err == nil && test.want != "" || err != nil && (test.want == "" || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%s: got %v, want %q", test.name, err, test.want)
		}
	}
}
