package ssm

import "github.com/gantry-project/gantry/aws/protocol"

func addParameters(map[string]protocol.Action, protocol.Frame[*call]) {}
