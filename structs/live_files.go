package structs

import (
	"fmt"
	"slices"
)

// liveFiles returns the contents of the files that are updated in place.
func liveFiles(containers []ContainerDefinition) (list []LiveFile) {
	for i := range containers {
		for _, f := range containers[i].Files {
			if f.InPlace() {
				list = append(list, LiveFile{Container: containers[i].Name, Name: f.Name, Content: f.Content, Secret: f.Secret})
			}
		}
	}
	return list
}

// LiveFiles returns the contents of files that are updated in place; none of a job that is nil.
func (j *Job) LiveFiles() []LiveFile {
	if j == nil {
		return nil
	}
	return j.Files
}

// FilesOf returns the files of a container with the contents that a job has now. The job may be
// nil; then they are those with which the definition was registered.
func (j *Job) FilesOf(c *ContainerDefinition) []ConfigFile {
	if j == nil || len(j.Files) == 0 {
		return c.Files
	}
	files := slices.Clone(c.Files)
	for i := range files {
		at := slices.IndexFunc(j.Files, func(l LiveFile) bool { return l.Container == c.Name && l.Name == files[i].Name })
		if at >= 0 && files[i].InPlace() {
			files[i].Content, files[i].Secret = j.Files[at].Content, j.Files[at].Secret
		}
	}
	return files
}

// HasSecretFiles reports whether the content of a file of the job's containers is a secret.
func (j *Job) HasSecretFiles(d *TaskDefinition) bool {
	return slices.ContainsFunc(d.ContainerDefinitions, func(c ContainerDefinition) bool {
		return slices.ContainsFunc(j.FilesOf(&c), func(f ConfigFile) bool { return f.Secret != "" })
	})
}

// HasFiles reports whether a container of the definition has files of a job file.
func (d *TaskDefinition) HasFiles() bool {
	return slices.ContainsFunc(d.ContainerDefinitions, func(c ContainerDefinition) bool { return len(c.Files) > 0 })
}

// WithFiles returns the definition with other files in its containers. It does not modify the
// receiver.
func (d *TaskDefinition) WithFiles(of func(c *ContainerDefinition) []ConfigFile) *TaskDefinition {
	if !d.HasFiles() {
		return d
	}
	out := *d
	out.ContainerDefinitions = slices.Clone(d.ContainerDefinitions)
	for i := range out.ContainerDefinitions {
		out.ContainerDefinitions[i].Files = of(&d.ContainerDefinitions[i])
	}
	return &out
}

// WithoutContents returns the definition with files that have no content: agents ask for that.
func (d *TaskDefinition) WithoutContents() *TaskDefinition {
	return d.withoutContents(func(*ConfigFile) bool { return true })
}

// withoutContents returns the definition with files some of which have no content.
func (d *TaskDefinition) withoutContents(which func(*ConfigFile) bool) *TaskDefinition {
	return d.WithFiles(func(c *ContainerDefinition) []ConfigFile {
		files := slices.Clone(c.Files)
		for i := range files {
			if which(&files[i]) {
				files[i].Content, files[i].Secret = "", ""
			}
		}
		return files
	})
}

// DiffLiveFiles compares the contents of files that are updated in place. Fields are named as in a
// job file.
func DiffLiveFiles(from, to []LiveFile) (changes []FieldChange) {
	named := func(files []LiveFile) map[string]any {
		all := map[string]any{}
		for _, f := range files {
			at := fmt.Sprintf("containers[%s].files[%s].", f.Container, f.Name)
			all[at+"content"], all[at+"secret"] = f.Content, f.Secret
		}
		return all
	}
	for _, c := range Diff(named(from), named(to)) {
		if empty := `""`; c.From != empty && c.To != empty {
			changes = append(changes, c)
			continue
		} else if c.From == empty {
			c.From = ""
		} else {
			c.To = ""
		}
		if c.From != c.To {
			changes = append(changes, c)
		}
	}
	return changes
}
