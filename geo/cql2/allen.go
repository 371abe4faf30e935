package cql2

// allen says when each temporal operation holds. Its operands run from a to b and
// from c to d, ends included; an instant has a = b. The names are those of OWL-Time.
var allen = map[Op]string{
	"t_after":        "a > d",
	"t_before":       "b < c",
	"t_disjoint":     "a > d OR b < c",
	"t_equals":       "a = c AND b = d",
	"t_intersects":   "a <= d AND b >= c",
	"t_contains":     "a < c AND b > d",
	"t_during":       "a > c AND b < d",
	"t_finishedBy":   "a < c AND b = d",
	"t_finishes":     "a > c AND b = d",
	"t_meets":        "b = c",
	"t_metBy":        "a = d",
	"t_overlappedBy": "a > c AND a < d AND b > d",
	"t_overlaps":     "a < c AND b > c AND b < d",
	"t_startedBy":    "a = c AND b > d",
	"t_starts":       "a = c AND b < d",
}

// ofInstants are the operations that make sense of an instant, too.
var ofInstants = []Op{"t_after", "t_before", "t_disjoint", "t_equals", "t_intersects"}
