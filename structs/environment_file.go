package structs

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
)

const (
	// maxEnvironmentFiles is how many environment files a container can have (ECS).
	maxEnvironmentFiles = 10
	// environmentFileType is the only type of environment file (ECS).
	environmentFileType = "s3"
	// MaxEnvironmentFile is the largest environment file, in bytes. ECS has no limit; the kernel
	// lets a process have less.
	MaxEnvironmentFile = 1 << 20
	// maxEnvironmentLine is the largest line of an environment file, in bytes (ECS's agent).
	maxEnvironmentLine = 64 << 10
)

// Object returns the bucket and the key of an environment file. It fails if the file is
// not a .env object of S3.
func (f *EnvironmentFile) Object() (bucket, key string, err *Error) {
	bucket, key, ok := ObjectARN(f.Value)
	switch {
	case f.Type != environmentFileType:
		return "", "", Errorf(KindInvalidParameter, "its type is %q; only %s is known", f.Type, environmentFileType)
	case !ok:
		return "", "", Errorf(KindInvalidParameter, "it is not the ARN of an object, such as arn:aws:s3:::bucket/name.env")
	case !strings.HasSuffix(key, ".env"):
		return "", "", Errorf(KindInvalidParameter, "its name does not end in .env")
	}
	return bucket, key, nil
}

// ParseEnvironmentFile returns the variables of an environment file, by the rules of ECS's agent: a
// line has VARIABLE=VALUE, a line that begins with # is a comment, and a line without =, without a
// name or without a value is ignored. Nothing in a value is interpreted: quotes and blanks are part
// of it. Of several lines with a variable the last one counts.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html
func ParseEnvironmentFile(content []byte) (map[string]string, error) {
	variables := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(content))
	lines.Buffer(nil, maxEnvironmentLine)
	number := 0
	for lines.Scan() {
		number++
		line := lines.Text()
		name, value, ok := strings.Cut(line, "=")
		if strings.HasPrefix(line, "#") || !ok || name == "" || value == "" {
			continue
		}
		if strings.ContainsRune(line, 0) {
			return nil, fmt.Errorf("line %d has a zero byte, which no variable can have", number)
		}
		variables[name] = value
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d is longer than %d bytes", number+1, maxEnvironmentLine)
	}
	return variables, lines.Err()
}

// HasEnvironmentFiles reports whether a container of a task gets variables from files.
func (d *TaskDefinition) HasEnvironmentFiles(o *TaskOverride) bool {
	for i := range d.ContainerDefinitions {
		if len(d.ContainerDefinitions[i].WithOverride(o).EnvironmentFiles) > 0 {
			return true
		}
	}
	return false
}

// validateEnvironmentFiles checks how many environment files a container has. What they are is
// found out when a task starts, as ECS does.
func (c *ContainerDefinition) validateEnvironmentFiles() *Error {
	if n := len(c.EnvironmentFiles); n > maxEnvironmentFiles {
		return c.invalid("'environmentFiles' has %d files; it can have at most %d.", n, maxEnvironmentFiles)
	}
	return nil
}
