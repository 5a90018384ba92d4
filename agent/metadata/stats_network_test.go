package metadata

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLinksOfANetwork(t *testing.T) {
	got := readLinks(strings.NewReader(`Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:     840      10    0    0    0     0          0         0      840      10    0    0    0     0       0          0
  eth0:11221122   20445    1    2    0     0          0         7  8101010   11110    3    4    0     0       0          0
`))
	want := map[string]linkStats{"eth0": {11221122, 20445, 1, 2, 8101010, 11110, 3, 4}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
