package structs

// The defaults of express gateway services (ECS).
const (
	ExpressCPU        = "256"
	ExpressMemory     = "512"
	ExpressPort       = 80
	ExpressHealthPath = "/ping"
	ExpressContainer  = "Main"
	ExpressMetric     = "AVERAGE_CPU"
	ExpressTarget     = 60
	ExpressMinTasks   = 1
	ExpressMaxTasks   = 20
)

// ExpressService is what only an express gateway service has. The rest of it is an exposed service.
type ExpressService struct {
	InfrastructureRole string `json:"infrastructureRoleArn"`
	// Own means that its task definition was made by its user, not from a primary container.
	Own     bool           `json:"ownTaskDefinition,omitzero"`
	Scaling ExpressScaling `json:"scalingTarget"`
}

// ExpressScaling is how many tasks an express gateway service has. Nothing changes their number by
// itself yet: MinTasks run.
type ExpressScaling struct {
	MinTasks int32  `json:"minTaskCount"`
	MaxTasks int32  `json:"maxTaskCount"`
	Metric   string `json:"autoScalingMetric"`
	Target   int32  `json:"autoScalingTargetValue"`
}
