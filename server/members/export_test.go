package members

// Accept agrees to a new cluster of these servers that one of them proposes.
func (p *Promise) Accept(by string, servers []string, alive func(id string) bool) error {
	return p.accept(proposal{By: by, Servers: servers}, alive)
}
