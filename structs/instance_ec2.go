package structs

import "strings"

const (
	ec2Prefix = "i-"
	// ec2Digits is how many hex digits the ids of EC2 instances have.
	ec2Digits = 17
)

// EC2ID returns the instance's id in the APIs of AWS, where it stands for an EC2 instance. It never
// changes. A machine that an identity document names has the id of that document. All others have
// the last digits of their own id: 68 random bits.
func (i *ContainerInstance) EC2ID() string {
	if digits, ok := strings.CutPrefix(i.Name, ec2Prefix); ok && digits != "" && len(digits) <= ec2Digits &&
		strings.Trim(digits, "0123456789abcdef") == "" {
		return i.Name
	}
	return ec2Prefix + i.ID[max(0, len(i.ID)-ec2Digits):]
}
