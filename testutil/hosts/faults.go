package hosts

import (
	"errors"
	"fmt"
)

// Cut pulls the host's cable.
func (h *Host) Cut() error { return run("ip", "-n", space, "link", "set", h.Name, "down") }

// Deafen drops incoming packets; outgoing ones still pass.
func (h *Host) Deafen() error { return h.drop("INPUT", "-i") }

// Mute drops outgoing packets; incoming ones still pass.
func (h *Host) Mute() error { return h.drop("OUTPUT", "-o") }

// Lose drops incoming packets at random, for example 0.1 of them.
func (h *Host) Lose(share float64) error {
	return h.drop("INPUT", "-i", "-m", "statistic", "--mode", "random", "--probability", fmt.Sprint(share))
}

func (h *Host) drop(chain, interfaceFlag string, match ...string) error {
	command := []string{"iptables", "-w", "-A", chain, interfaceFlag, "eth0"}
	_, err := h.Run(append(append(command, match...), "-j", "DROP")...)
	return err
}

// Slow limits outgoing traffic, for example to 512kbit a second.
func (h *Host) Slow(rate string) error {
	_, err := h.Run("tc", "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "16kb", "latency", "200ms")
	return err
}

// Heal makes the host's link good again. (Docker's own rules are in other chains.)
func (h *Host) Heal() error {
	_, err1 := h.Run("iptables", "-w", "-F", "INPUT")
	_, err2 := h.Run("iptables", "-w", "-F", "OUTPUT")
	_, _ = h.Run("tc", "qdisc", "del", "dev", "eth0", "root") // fails where it is not slow
	return errors.Join(err1, err2, run("ip", "-n", space, "link", "set", h.Name, "up"))
}
