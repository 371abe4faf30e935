// Package style turns what the catalogue says of a layer's looks into what draws it:
// layers of a MapLibre style, and the entries of its legend.
//
// In: a layer of the catalogue and the code lists in force. Out: values that become
// JSON. It must never ask the database or know who looks.
package style
