package config

// Importing is what a file may be that is brought into a map layer.
type Importing struct {
	ImportSize            Bytes `help:"Largest file that can be imported into a layer, such as 2GiB. One account's unfinished imports may hold three times as much." env:"HAIDANG_IMPORT_SIZE" default:"2GiB"`
	ImportFeatures        int64 `help:"Most features of an imported layer." env:"HAIDANG_IMPORT_FEATURES" default:"5000000"`
	ImportVertices        int64 `help:"Most vertices of an imported layer." env:"HAIDANG_IMPORT_VERTICES" default:"100000000"`
	ImportFeatureVertices int   `help:"Most vertices of one imported feature; one with more is refused." env:"HAIDANG_IMPORT_FEATURE_VERTICES" default:"1000000"`
	ImportReserve         Bytes `help:"What uploads leave free on their disk, such as 1GiB." env:"HAIDANG_IMPORT_RESERVE" default:"1GiB"`
}
