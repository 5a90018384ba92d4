package structs

import (
	"reflect"
	"strings"
	"testing"
)

func withFiles(jobType string, files ...ConfigFile) *JobSpec {
	s := NewJobSpec(jobType)
	s.Name, s.Containers = "web", []ContainerDefinition{{
		Name: "app", Image: "i", Memory: new(int32(16)), Files: files, MountPoints: []MountPoint{{SourceVolume: "v", ContainerPath: "/data"}},
	}}
	s.Volumes = []Volume{{Name: "v"}}
	return s
}

func TestConfigFileProblems(t *testing.T) {
	live := func(path string) ConfigFile {
		return ConfigFile{Name: "l", Path: path, Content: "x", OnChange: OnChangeUpdate}
	}
	at := "containers[0].files[0]."
	for _, c := range []struct {
		field, problem string
		files          []ConfigFile
	}{
		{"", "", []ConfigFile{{Name: "app.conf", Path: "/etc/app.conf", Content: "x"}, {Name: "key", Path: "/etc/key", Secret: "s", Mode: "0400", Owner: "1000"}}},
		{"", "", []ConfigFile{live("/config/a"), {Name: "b", Path: "/config/b", Content: "x", OnChange: OnChangeSignal, Signal: "SIGUSR1"}}},
		{at + "name", "is not a name", []ConfigFile{{Name: "a/b", Path: "/a", Content: "x"}}},
		{at + "name", "another file of container app", []ConfigFile{{Name: "a", Path: "/a", Content: "x"}, {Name: "a", Path: "/b", Content: "x"}}},
		{at + "path", "is not the absolute path", []ConfigFile{{Name: "a", Path: "/a/../b", Content: "x"}}},
		{at + "path", "has the path /a", []ConfigFile{{Name: "a", Path: "/a", Content: "x"}, {Name: "b", Path: "/a", Content: "x"}}},
		{at + "content", "give the content", []ConfigFile{{Name: "a", Path: "/a"}}},
		{at + "content", "give the content", []ConfigFile{{Name: "a", Path: "/a", Content: "x", Secret: "s"}}},
		{at + "content", "at most 65536", []ConfigFile{{Name: "a", Path: "/a", Content: strings.Repeat("x", maxFile+1)}}},
		{at + "mode", "three octal digits", []ConfigFile{{Name: "a", Path: "/a", Content: "x", Mode: "4755"}}},
		{at + "owner", "UID:GID", []ConfigFile{{Name: "a", Path: "/a", Content: "x", Owner: "root"}}},
		{at + "onChange", "is not replace, update or signal", []ConfigFile{{Name: "a", Path: "/a", Content: "x", OnChange: "restart"}}},
		{at + "signal", "only files with onChange: signal", []ConfigFile{{Name: "a", Path: "/a", Content: "x", Signal: "SIGHUP"}}},
		{at + "signal", "is not a signal", []ConfigFile{{Name: "a", Path: "/a/b", Content: "x", OnChange: OnChangeSignal, Signal: "SIGKILL"}}},
		{at + "path", "/etc is not free; use one such as /etc/app/app.conf", []ConfigFile{live("/etc/app.conf")}},
		{at + "path", "/config/sub/b cannot be below it", []ConfigFile{live("/config/a"), {Name: "b", Path: "/config/sub/b", Content: "x"}}},
		{at + "path", "volume v at /data", []ConfigFile{live("/data/a")}},
	} {
		if field, problem := withFiles(JobService, c.files...).Problem(); field != c.field || !strings.Contains(problem, c.problem) {
			t.Errorf("%+v: %s: %s; want %s: %s", c.files, field, problem, c.field, c.problem)
		}
	}
	if field, problem := withFiles(JobBatch, live("/config/a")).Problem(); field != at+"onChange" || !strings.Contains(problem, "only services and daemons") {
		t.Errorf("a batch job: %s: %s", field, problem)
	}
	var many []ConfigFile
	for _, name := range strings.Fields("a b c d e") {
		many = append(many, ConfigFile{Name: name, Path: "/" + name, Content: strings.Repeat("x", maxFile)})
	}
	if field, problem := withFiles(JobService, many...).Problem(); field != "containers[0].files[4].content" || !strings.Contains(problem, "262144 bytes together") {
		t.Errorf("many files: %s: %s", field, problem)
	}
}

func TestPermissions(t *testing.T) {
	for f, want := range map[ConfigFile][3]int{
		{}: {0o444, -1, -1}, {Mode: "0640", Owner: "10:20"}: {0o640, 10, 20}, {Mode: "400", Owner: "7"}: {0o400, 7, 7},
	} {
		if mode, uid, gid := f.Permissions(); [3]int{int(mode), uid, gid} != want {
			t.Errorf("%+v: %o %d %d", f, mode, uid, gid)
		}
	}
}

// Only the content of a file that is updated in place is the job's; all else is the revision's.
func TestLiveFiles(t *testing.T) {
	files := []ConfigFile{{Name: "fixed", Path: "/a", Content: "1"}, {Name: "live", Path: "/c/b", Content: "1", OnChange: OnChangeUpdate}}
	definition := func(change func(f []ConfigFile)) *TaskDefinition {
		own := append([]ConfigFile{}, files...)
		change(own)
		d, err := withFiles(JobService, own...).Definition()
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first := definition(func([]ConfigFile) {})
	for field, change := range map[string]func(f []ConfigFile){
		"":                                     func(f []ConfigFile) { f[1].Content = "2" },
		"containers[app].files[fixed].content": func(f []ConfigFile) { f[0].Content = "2" },
		"containers[app].files[live].mode":     func(f []ConfigFile) { f[1].Mode = "0400" },
		"containers[app].files[live].onChange": func(f []ConfigFile) { f[1].OnChange = OnChangeSignal },
		"containers[app].files[fixed].path":    func(f []ConfigFile) { f[0].Path = "/b" },
	} {
		got := DiffDefinitions(first, definition(change))
		if field == "" && len(got) != 0 || field != "" && (len(got) != 1 || got[0].Field != field) {
			t.Errorf("want a change of %q, got %+v", field, got)
		}
	}
	job := &Job{Files: []LiveFile{{Container: "app", Name: "live", Content: "3"}, {Container: "app", Name: "fixed", Content: "3"}}}
	got := job.FilesOf(&first.ContainerDefinitions[0])
	if got[0].Content != "1" || got[1].Content != "3" || first.ContainerDefinitions[0].Files[1].Content != "1" {
		t.Errorf("files %+v", got)
	}
	if bare := first.WithoutContents(); bare.ContainerDefinitions[0].Files[0].Content != "" || first.ContainerDefinitions[0].Files[0].Content != "1" {
		t.Error("the content is still there, or was taken from the definition itself")
	}
	changes := DiffLiveFiles([]LiveFile{{Container: "app", Name: "live", Content: "1"}}, []LiveFile{{Container: "app", Name: "live", Secret: "s"}})
	if want := []FieldChange{{"containers[app].files[live].content", `"1"`, ""}, {"containers[app].files[live].secret", "", `"s"`}}; !reflect.DeepEqual(changes, want) {
		t.Errorf("changes %+v", changes)
	}
}
