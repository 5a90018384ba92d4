package types

func (Colour) Values() []Colour {
	return []Colour{
		"red",
		"blue",
	}
}
