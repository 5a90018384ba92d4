package firelens

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/gantry-project/gantry/structs"
)

// section is one section of a router's configuration.
type section struct {
	kind kind
	// plugin is its type, and match says which tags it is for, or, for an input, which it gives.
	plugin, match string
	options       []option
	// inner, in a filter of fluentd, is the section in it that has the options.
	inner string
}

type kind int

const (
	input kind = iota
	filter
	output
)

type option struct{ key, value string }

const healthCheckTag = "firelens-healthcheck"

// hasPorts reports whether a router in a network mode can have ports that are only its task's.
func hasPorts(mode string) bool {
	return mode == "" || mode == structs.NetworkBridge || mode == structs.NetworkAwsvpc
}

// inputs returns what the router listens on: the socket for the engine, a port for applications
// that send records themselves, and one for the health checks of fluentbit.
func inputs(mode string, fluentd bool) []section {
	path := socketDir + socketName
	address := "0.0.0.0"
	if mode == structs.NetworkAwsvpc {
		address = "127.0.0.1"
	}
	switch {
	case fluentd && hasPorts(mode):
		return []section{
			{plugin: "unix", options: []option{{"path", path}}},
			{plugin: "forward", options: []option{{"bind", address}, {"port", structs.FluentPortValue}}},
		}
	case fluentd:
		return []section{{plugin: "unix", options: []option{{"path", path}}}}
	}
	list := []section{{plugin: "forward", options: []option{{"Mem_Buf_Limit", "25MB"}, {"unix_path", path}}}}
	if hasPorts(mode) {
		list = append(list,
			section{plugin: "forward", options: []option{{"Listen", address}, {"Port", structs.FluentPortValue}}},
			section{plugin: "tcp", match: healthCheckTag, options: []option{{"Listen", "127.0.0.1"}, {"Port", "8877"}}},
		)
	}
	return list
}

// metadata returns the filter that adds to each record what is known of its task.
func (r *Routers) metadata(as structs.Assignment, fluentd bool) section {
	fields := []option{
		{"ecs_cluster", as.Task.Cluster}, {"ecs_task_arn", r.config.TaskARN(as.Task)}, {"ecs_task_definition", as.Definition.Key()},
	}
	if r.config.EC2ID != "" {
		fields = append([]option{{"ec2_instance_id", r.config.EC2ID}}, fields...)
	}
	if fluentd {
		return section{kind: filter, plugin: "record_transformer", match: "**", inner: "record", options: fields}
	}
	for i, f := range fields {
		fields[i] = option{"Record", f.key + " " + f.value}
	}
	return section{kind: filter, plugin: "record_modifier", match: "*", options: fields}
}

// sectionsOf returns the sections for the n-th container: filters by its patterns, and its output.
// It has none if its options name none; the definition's own file may have one then.
func sectionsOf(c *structs.ContainerDefinition, n int, fluentd bool) (filters, outputs []section, err error) {
	pluginKey, match, variable := "Name", c.Name+"-firelens*", "${%s}"
	if fluentd {
		pluginKey, match, variable = "@type", c.Name+"-firelens**", `"#{ENV['%s']}"`
	}
	all := maps.Clone(c.LogConfiguration.Options)
	if all == nil {
		all = map[string]string{}
	}
	for _, s := range c.LogConfiguration.SecretOptions {
		all[s.Name] = fmt.Sprintf(variable, structs.FirelensVariable(s.Name, n))
	}
	var out []option
	for _, key := range slices.Sorted(maps.Keys(all)) {
		value := all[key]
		if err := oneLine(key, value); err != nil {
			return nil, nil, err
		}
		switch {
		case key == pluginKey, key == optionBuffer, isEngines(key, value):
		case key == optionInclude, key == optionExclude:
		default:
			out = append(out, option{key, value})
		}
	}
	for _, key := range []string{optionInclude, optionExclude} {
		if value, given := all[key]; given {
			filters = append(filters, pattern(key == optionInclude, value, match, fluentd))
		}
	}
	plugin, given := all[pluginKey]
	if !given && len(out) > 0 {
		return nil, nil, fmt.Errorf("missing output key %s which is required for firelens configuration of type %s", pluginKey, typeName(fluentd))
	}
	if given {
		outputs = []section{{kind: output, plugin: plugin, match: match, options: out}}
	}
	return filters, outputs, nil
}

// pattern returns the filter that keeps, or drops, the lines that match a regular expression.
func pattern(keeps bool, expression, match string, fluentd bool) section {
	f := section{kind: filter, plugin: "grep", match: match}
	switch {
	case fluentd && keeps:
		f.inner, f.options = "regexp", []option{{"key", "log"}, {"pattern", expression}}
	case fluentd:
		f.inner, f.options = "exclude", []option{{"key", "log"}, {"pattern", expression}}
	case keeps:
		f.options = []option{{"Regex", "log " + expression}}
	default:
		f.options = []option{{"Exclude", "log " + expression}}
	}
	return f
}

func typeName(fluentd bool) string {
	if fluentd {
		return structs.FirelensFluentd
	}
	return structs.FirelensFluentBit
}

// write writes sections as the router reads them.
func write(w io.Writer, fluentd bool, sections []section) {
	for _, s := range sections {
		if fluentd {
			s.writeFluentd(w)
		} else {
			s.writeFluentBit(w)
		}
	}
}

func (s section) writeFluentBit(w io.Writer) {
	fmt.Fprintf(w, "\n[%s]\n    Name %s\n", [...]string{"INPUT", "FILTER", "OUTPUT"}[s.kind], s.plugin)
	switch {
	case s.kind != input:
		fmt.Fprintf(w, "    Match %s\n", s.match)
	case s.match != "":
		fmt.Fprintf(w, "    Tag %s\n", s.match)
	}
	for _, o := range s.options {
		fmt.Fprintf(w, "    %s %s\n", o.key, o.value)
	}
}

func (s section) writeFluentd(w io.Writer) {
	name := [...]string{"source", "filter", "match"}[s.kind]
	if s.kind == input {
		fmt.Fprintf(w, "\n<%s>\n", name)
	} else {
		fmt.Fprintf(w, "\n<%s %s>\n", name, s.match)
	}
	fmt.Fprintf(w, "    @type %s\n", s.plugin)
	indent := "    "
	if s.inner != "" {
		fmt.Fprintf(w, "    <%s>\n", s.inner)
		indent += "    "
	}
	for _, o := range s.options {
		fmt.Fprintf(w, "%s%s %s\n", indent, o.key, o.value)
	}
	if s.inner != "" {
		fmt.Fprintf(w, "    </%s>\n", s.inner)
	}
	fmt.Fprintf(w, "</%s>\n", name)
}
