package metadata

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
)

// linkStats is what went over a link, in the members of the engine's statistics.
type linkStats struct {
	Received        uint64 `json:"rx_bytes"`
	ReceivedPackets uint64 `json:"rx_packets"`
	ReceivedErrors  uint64 `json:"rx_errors"`
	ReceivedDropped uint64 `json:"rx_dropped"`
	Sent            uint64 `json:"tx_bytes"`
	SentPackets     uint64 `json:"tx_packets"`
	SentErrors      uint64 `json:"tx_errors"`
	SentDropped     uint64 `json:"tx_dropped"`
}

// networksOf returns the statistics of the network that a process is in. Engines have none of a
// network that they did not make, such as an awsvpc task's.
func networksOf(pid int) (raw, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/net/dev", pid))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return json.Marshal(readLinks(f))
}

// readLinks reads the format of /proc/net/dev: two lines of titles, then a line for each link, with
// eight numbers of what it received and eight of what it sent. Loopback is left out.
func readLinks(r io.Reader) map[string]linkStats {
	links := map[string]linkStats{}
	for lines := bufio.NewScanner(r); lines.Scan(); {
		name, numbers, ok := strings.Cut(lines.Text(), ":")
		if name = strings.TrimSpace(name); !ok || name == "lo" {
			continue
		}
		var l linkStats
		var fifo, frame, compressed, multicast uint64
		n, _ := fmt.Sscan(numbers, &l.Received, &l.ReceivedPackets, &l.ReceivedErrors, &l.ReceivedDropped,
			&fifo, &frame, &compressed, &multicast, &l.Sent, &l.SentPackets, &l.SentErrors, &l.SentDropped)
		if n == 12 {
			links[name] = l
		}
	}
	return links
}
