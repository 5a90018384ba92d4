// Package uuid stands for an early version of github.com/twinj/uuid, which the plugin is written
// for and no module proxy has. It has what the plugin calls.
package uuid

import (
	"crypto/rand"
	"fmt"
)

// UUID is a UUID.
type UUID interface {
	Bytes() []byte
	String() string
}

// Format is how String formats.
type Format string

// CleanHyphen is the usual form, the only one here.
const CleanHyphen Format = "%x-%x-%x-%x-%x"

// SwitchFormat changes nothing.
func SwitchFormat(Format) {}

type array [16]byte

func (a array) Bytes() []byte { return a[:] }
func (a array) String() string {
	return fmt.Sprintf(string(CleanHyphen), a[:4], a[4:6], a[6:8], a[8:10], a[10:])
}

// New returns the UUID of 16 bytes.
func New(b []byte) UUID { return array(b) }

// NewV4 returns a random UUID.
func NewV4() UUID {
	var a array
	_, _ = rand.Read(a[:])
	a[6], a[8] = a[6]&0x0f|0x40, a[8]&0x3f|0x80
	return a
}
