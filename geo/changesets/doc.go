// Package changesets is how the map is edited. Edits to the features of one layer are
// drafted together, handed in, and take effect whole: at once, or when a reviewer
// agrees. Every version of a feature stays in the layer's history, with who made it, when
// and why.
//
// Rights, conflicts and the order of states are decided by functions of the database
// (migrations 00027 to 00030), which a role calls that owns no table. This package puts edits into
// the form that those take, and their refusals into sentences.
package changesets
