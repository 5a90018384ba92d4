package runtime

import "context"

// Machine is the engine itself and the machine that it runs on.
type Machine interface {
	// Info describes the machine. Its error explains how to get an engine running.
	Info(ctx context.Context) (Info, error)
	// Ping returns an error if the engine does not work.
	Ping(ctx context.Context) error
}

// Info describes a machine and its engine.
type Info struct {
	Version      string // of the engine
	Hostname     string
	CPUs         int
	Memory       int64  // MiB
	OSType       string // linux
	Architecture string // x86_64, arm64: ECS's words
	LogDrivers   []string
	Quota        bool   // it can limit the size of what containers write
	Kernel       string // its release
	// How the engine makes cgroups: their version is 1 or 2, the driver cgroupfs, systemd or none.
	CgroupVersion, CgroupDriver string
	Rootless                    bool // it does not run as root
	AppArmor, SELinux           bool // containers can have profiles or labels of these
}
