package structs

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ConfigFile is a file that a job file gives to a container, mounted read-only. It is part of the
// task definition, so a change of it is a new revision, but for the content of one that is updated
// in place: that is the job's (Job.Files).
type ConfigFile struct {
	Name string `json:"name"` // unique in its container
	Path string `json:"path"` // in the container
	// Content is the text of the file. Secret instead is the address of a secret or parameter, as
	// in valueFrom of a container's secrets, whose value is the content.
	Content string `json:"content,omitzero"`
	Secret  string `json:"secret,omitzero"`
	// Mode has the octal digits of the file's permissions; empty: 0444. Owner is UID or UID:GID;
	// empty: the agent's user.
	Mode  string `json:"mode,omitzero"`
	Owner string `json:"owner,omitzero"`
	// OnChange says what a change of Content or Secret does: OnChangeReplace (also when empty),
	// OnChangeUpdate or OnChangeSignal.
	OnChange string `json:"onChange,omitzero"`
	// Signal is the signal that the container gets with OnChangeSignal; empty: SIGHUP.
	Signal string `json:"signal,omitzero"`
}

// What a change of the content of a file does.
const (
	OnChangeReplace = "replace" // new tasks replace those that run
	OnChangeUpdate  = "update"  // the file changes in the tasks that run
	OnChangeSignal  = "signal"  // the same, and the container gets a signal
)

// LiveFile is the content of a file that is updated in place, as the job has it now.
type LiveFile struct {
	Container string `json:"container"`
	Name      string `json:"name"`
	Content   string `json:"content,omitzero"`
	Secret    string `json:"secret,omitzero"`
}

// FilesState is how far the update of a task's files is.
type FilesState struct {
	// Wanted is the version of the job that changed them last, and Applied the last one that the
	// agent has applied.
	Wanted  int `json:"wanted,omitzero" cbor:"1,keyasint,omitzero"`
	Applied int `json:"applied,omitzero" cbor:"2,keyasint,omitzero"`
	// Problem is why Wanted cannot be applied; the task keeps what it has.
	Problem string `json:"problem,omitzero" cbor:"3,keyasint,omitzero"`
}

// Trouble returns what is still to be said about the files of a task; empty: they are as wanted.
func (f *FilesState) Trouble() string {
	switch {
	case f == nil || f.Applied >= f.Wanted:
		return ""
	case f.Problem != "":
		return "its files cannot be updated: " + f.Problem
	}
	return "its files are being updated"
}

const (
	// maxFile is the largest content of a file in a job file, and maxFiles that of all together, in
	// bytes: each server has them in memory.
	maxFile  = 64 << 10
	maxFiles = 256 << 10
	// defaultSignal and defaultMode hold where a file does not say.
	defaultSignal = "SIGHUP"
	defaultMode   = 0o444
)

var (
	fileName  = regexp.MustCompile(`^[\w.-]{1,128}$`)
	fileMode  = regexp.MustCompile(`^0?[0-7]{3}$`)
	fileOwner = regexp.MustCompile(`^(\d{1,9})(?::(\d{1,9}))?$`)
	// fileSignal matches signals that do not end a process for certain.
	fileSignal = regexp.MustCompile(`^SIG(HUP|INT|QUIT|USR1|USR2|WINCH|TERM|CONT|ALRM|IO)$`)
	// systemDirs are directories that a whole-directory mount would hide too much of.
	systemDirs = strings.Fields("/ /bin /boot /dev /etc /home /lib /lib64 /media /mnt /opt /proc /root /run /sbin /srv /sys /tmp /usr /usr/bin /usr/lib /usr/local /usr/sbin /var /var/run")
)

// InPlace reports whether the file changes in tasks that run. Its whole directory is then mounted.
func (f *ConfigFile) InPlace() bool {
	return f.OnChange == OnChangeUpdate || f.OnChange == OnChangeSignal
}

// SignalOnChange returns the signal that the container gets when the file changed; empty: none.
func (f *ConfigFile) SignalOnChange() string {
	if f.OnChange != OnChangeSignal {
		return ""
	}
	return cmp.Or(f.Signal, defaultSignal)
}

// Permissions returns the mode of the file, and the ids of its owner, which are -1 for the agent's
// own.
func (f *ConfigFile) Permissions() (mode uint32, uid, gid int) {
	mode, uid, gid = defaultMode, -1, -1
	if n, err := strconv.ParseUint(f.Mode, 8, 32); err == nil {
		mode = uint32(n)
	}
	if ids := fileOwner.FindStringSubmatch(f.Owner); ids != nil {
		uid, _ = strconv.Atoi(ids[1])
		if gid = uid; ids[2] != "" {
			gid, _ = strconv.Atoi(ids[2])
		}
	}
	return mode, uid, gid
}

// problem returns what is wrong with a file of a container that has these files and mounts, and the
// member that is wrong; empty if it is fine.
func (f *ConfigFile) problem(c *ContainerDefinition) (member, problem string) {
	same := func(is func(*ConfigFile) bool) bool {
		n := 0
		for i := range c.Files {
			if is(&c.Files[i]) {
				n++
			}
		}
		return n > 1
	}
	switch {
	case !fileName.MatchString(f.Name):
		return "name", fmt.Sprintf("%q is not a name; use up to 128 letters, digits, dots, hyphens and underscores", f.Name)
	case same(func(o *ConfigFile) bool { return o.Name == f.Name }):
		return "name", fmt.Sprintf("another file of container %s has the name %s", c.Name, f.Name)
	case !path.IsAbs(f.Path) || path.Clean(f.Path) != f.Path || f.Path == "/":
		return "path", fmt.Sprintf("%q is not the absolute path of a file, without . and ..", f.Path)
	case same(func(o *ConfigFile) bool { return o.Path == f.Path }):
		return "path", fmt.Sprintf("another file of container %s has the path %s", c.Name, f.Path)
	case (f.Content == "") == (f.Secret == ""):
		return "content", "give the content, or the address of a secret"
	case len(f.Content) > maxFile:
		return "content", fmt.Sprintf("it has %d bytes; a file can have at most %d", len(f.Content), maxFile)
	case f.Mode != "" && !fileMode.MatchString(f.Mode):
		return "mode", fmt.Sprintf("%q is not three octal digits, such as \"0440\"", f.Mode)
	case f.Owner != "" && !fileOwner.MatchString(f.Owner):
		return "owner", fmt.Sprintf("%q is not a numeric UID or UID:GID", f.Owner)
	case !slices.Contains([]string{"", OnChangeReplace, OnChangeUpdate, OnChangeSignal}, f.OnChange):
		return "onChange", fmt.Sprintf("%q is not %s, %s or %s", f.OnChange, OnChangeReplace, OnChangeUpdate, OnChangeSignal)
	case f.Signal != "" && f.OnChange != OnChangeSignal:
		return "signal", "only files with onChange: signal have one"
	case f.Signal != "" && !fileSignal.MatchString(f.Signal):
		return "signal", fmt.Sprintf("%q is not a signal that a container is told with, such as SIGHUP or SIGUSR1", f.Signal)
	case f.InPlace():
		return f.directoryProblem(c)
	}
	return "", ""
}

// directoryProblem returns what is wrong with the directory of a file that is updated in place. The
// directory is mounted whole, because a mounted file would stay what it was when the one on the
// machine is replaced.
func (f *ConfigFile) directoryProblem(c *ContainerDefinition) (member, problem string) {
	dir := path.Dir(f.Path)
	if slices.Contains(systemDirs, dir) {
		return "path", fmt.Sprintf("a file that is updated in place has its directory to itself, and %s is not free; use one such as %s", dir, path.Join(dir, c.Name, path.Base(f.Path)))
	}
	for i := range c.Files {
		if other := c.Files[i].Path; path.Dir(other) != dir && strings.HasPrefix(other, dir+"/") {
			return "path", fmt.Sprintf("its directory is mounted whole, so %s cannot be below it; use another directory", other)
		}
	}
	for _, m := range c.MountPoints {
		if at := path.Clean(m.ContainerPath); at == dir || strings.HasPrefix(at, dir+"/") {
			return "path", fmt.Sprintf("its directory is mounted whole, and so is volume %s at %s; use another directory", m.SourceVolume, at)
		}
	}
	return "", ""
}

// fileProblem finds problems of the files of containers.
func (s *JobSpec) fileProblem() (field, problem string) {
	total := 0
	for i := range s.Containers {
		for j := range s.Containers[i].Files {
			f, at := &s.Containers[i].Files[j], fmt.Sprintf("containers[%d].files[%d].", i, j)
			if member, problem := f.problem(&s.Containers[i]); problem != "" {
				return at + member, problem
			}
			if s.Type == JobBatch && f.InPlace() {
				return at + "onChange", "only services and daemons update files in place; leave it out"
			}
			if total += len(f.Content); total > maxFiles {
				return at + "content", fmt.Sprintf("the files of a job can have %d bytes together, and these have more", maxFiles)
			}
		}
	}
	return "", ""
}
