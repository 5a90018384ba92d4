//go:build plugin

// Package plugin pins the modules from which the tests build AWS's session-manager-plugin.
package plugin

import _ "github.com/aws/session-manager-plugin/src/sessionmanagerplugin-main"
