// Package catalogue knows the map layers: what each is, its columns, its style,
// who may do what with it, the shared code lists, and the templates of which new
// layers are made.
//
// In: a layer as somebody describes it. Out: its row, its table with the triggers
// that keep Web Mercator and the outbox layer_change, and its description for
// whoever draws, serves, imports or exports it.
//
// It must never touch the features themselves (package features does), and no name
// reaches SQL that Validate has not seen.
package catalogue
