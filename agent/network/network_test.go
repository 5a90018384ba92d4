package network

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gantry-project/gantry/structs"
)

// Two tasks with the same port have an address each, which answers from the machine and from the
// other task; and each reaches itself by its address and by 127.0.0.1.
func TestTasksHaveAddresses(t *testing.T) {
	h := newHarness(t)
	one, two := assignment("10.213.7.5"), assignment("10.213.7.6")
	for _, as := range []structs.Assignment{one, two} {
		h.run(as, h.prepare(as), "serve")
	}
	for from, in := range map[string]*space{"the machine": nil, "one": h.space(one), "two": h.space(two)} {
		for _, as := range []structs.Assignment{one, two} {
			if got, host := fetch(t, in, as.Task.Address), h.pause(as).Hostname; !strings.Contains(got, host) {
				t.Errorf("from %s, %s answers %q, want the host name %s", from, as.Task.Address, got, host)
			}
		}
	}
	if got := fetch(t, h.space(two), "127.0.0.1"); !strings.Contains(got, h.pause(two).Hostname) {
		t.Errorf("127.0.0.1 is %q", got)
	}
	hosts, err := os.ReadFile(fmt.Sprintf("/proc/%d/root/etc/hosts", h.pause(one).PID))
	if err != nil || !strings.Contains(string(hosts), "10.213.7.5\tip-10-213-7-5.ec2.internal ip-10-213-7-5 "+h.pause(one).Hostname+"\n") {
		t.Errorf("/etc/hosts is %q, %v", hosts, err)
	}
}
