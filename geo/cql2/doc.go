// Package cql2 reads filters in the Common Query Language of OGC 21-065r2, as
// text and as JSON, and turns them into a condition in SQL.
//
// In: what somebody sent, ParseText or ParseJSON. Out: one syntax tree for both
// (Expr), printers back to either form, and with Compile a WHERE condition whose
// every value is a parameter. Property names reach SQL only through the resolver
// that the caller gives. A refusal says what is wrong, where, and the remedy.
//
// It must never put a word of the filter into SQL, never read without bounds
// (see the limits), and never do I/O.
package cql2
