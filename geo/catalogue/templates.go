package catalogue

// Templates returns the kinds of layers that the province's agencies keep.
func Templates() []Template { return nil }
