package overview

// A layer is dense here much sooner, so that tests need few rows.
func init() { mostFeatures = 1000 }
