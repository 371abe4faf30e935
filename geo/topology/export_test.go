package topology

// CheckWithin is Check with another limit of time.
var CheckWithin = checkWithin
