package structs

import "strings"

const (
	ec2Prefix = "i-"
	// ec2Digits is how many hex digits the ids of EC2 instances have.
	ec2Digits = 17
)

// EC2ID returns the id of the EC2 instance that stands for this instance in AWS's APIs. It never
// changes. If an identity document names the machine, it is the id in that document. Otherwise it
// is made of the last digits of the instance's own id: 68 random bits.
func (i *ContainerInstance) EC2ID() string {
	if digits, ok := strings.CutPrefix(i.Name, ec2Prefix); ok && digits != "" && len(digits) <= ec2Digits &&
		strings.Trim(digits, "0123456789abcdef") == "" {
		return i.Name
	}
	return ec2Prefix + i.ID[max(0, len(i.ID)-ec2Digits):]
}
