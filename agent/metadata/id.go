package metadata

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gantry-project/gantry/internal/wholefile"
)

// ids makes and reads the ids with which containers ask: AGENT-TASK-CONTAINER-PROOF. Nobody who
// lacks the secret can make one.
type ids struct {
	agent  string // 8 hex digits
	secret []byte
}

// id is an id of this agent that was read.
type id struct {
	task      string
	container int // its place in the definition; forRole for keys
}

// forRole is the container of the ids of keys, which all containers of a task share.
const forRole = -1

const secretSize = 32

// loadIDs returns the ids of an instance. The secret is made once and kept in the data directory.
func loadIDs(instance, dataDir string) (ids, error) {
	sum := sha256.Sum256([]byte(instance))
	own := ids{agent: hex.EncodeToString(sum[:4])}
	path := filepath.Join(dataDir, "agent", "metadata.key")
	var err error
	own.secret, err = wholefile.Read(path)
	if err == nil && len(own.secret) != secretSize {
		err = wholefile.ErrDamaged
	}
	if errors.Is(err, fs.ErrNotExist) {
		own.secret = make([]byte, secretSize)
		rand.Read(own.secret)
		if err = os.MkdirAll(filepath.Dir(path), 0o700); err == nil {
			err = wholefile.Write(path, own.secret)
		}
	}
	if err != nil {
		return ids{}, fmt.Errorf("the secret of ids of tasks, %s: %w", path, err)
	}
	return own, nil
}

// of returns the id of a container, or of the role, of a task.
func (i ids) of(task string, container int) string {
	name := task + "-" + strconv.Itoa(container+1)
	return i.agent + "-" + name + "-" + i.proof(name)
}

func (i ids) proof(name string) string {
	mac := hmac.New(sha256.New, i.secret)
	mac.Write([]byte(name))
	return hex.EncodeToString(mac.Sum(nil))[:32]
}

// read reads an id. It returns the agent that made it if that is another one.
func (i ids) read(text string) (own id, other string, ok bool) {
	parts := strings.Split(text, "-")
	if len(parts) != 4 {
		return id{}, "", false
	}
	if parts[0] != i.agent {
		return id{}, parts[0], len(parts[0]) == len(i.agent)
	}
	n, err := strconv.Atoi(parts[2])
	proof := i.proof(parts[1] + "-" + parts[2])
	if err != nil || !hmac.Equal([]byte(proof), []byte(parts[3])) {
		return id{}, "", false
	}
	return id{parts[1], n - 1}, "", true
}

// token returns what the containers of a task send to get keys on loopback.
func (i ids) token(task string) string { return i.proof("token " + task) }

func (i ids) isToken(task, text string) bool { return hmac.Equal([]byte(i.token(task)), []byte(text)) }

// The ports of 169.254.170.2 on which agents listen alone: in a namespace of their own, where they
// take nothing from anyone. On loopback they have the same ones.
const (
	firstPort = 10_000
	ports     = 50_000
)

// portOf returns the port of an agent.
func portOf(agent string) uint16 {
	n, _ := strconv.ParseUint(agent, 16, 32) // of another text it is 0
	return uint16(firstPort + n%ports)
}
