// Package topology looks at the shapes of a layer as they would be once a changeset is
// applied, and says what is wrong with them there: shapes that are none, overlaps,
// gaps, slivers, what reaches out of its commune, areas that are not those on paper.
//
// In: a layer with its policy (catalogue.Topology) and a changeset. Out: problems, each
// with its place, its size and a sentence.
//
// It must never change anything, nor decide what becomes of a changeset with problems.
package topology
