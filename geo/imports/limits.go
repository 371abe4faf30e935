package imports

import "time"

// Limits bound what a file may be. Zero means the default beside each.
type Limits struct {
	FileSize        int64         // of the upload, bytes; 2 GiB
	Unpacked        int64         // of all in a zip, bytes; 8 GiB
	Entries         int           // in a zip; 1,000
	Ratio           int64         // unpacked to packed of one entry; 200
	Layers          int           // in a file; 100
	Fields          int           // of a layer; 500
	Features        int64         // of a layer; 5,000,000
	Vertices        int64         // of a layer; 100,000,000
	FeatureVertices int           // of one feature; 1,000,000
	Text            int           // of one value, bytes; 64 KiB
	Memory          int64         // of the program that reads the file, bytes; 2 GiB
	Time            time.Duration // of one reading of the file; 30 min
	Quota           int64         // bytes of one account's files that are not applied yet; 6 GiB
	DiskReserve     int64         // bytes left free on the disk; 1 GiB
	Keep            time.Duration // of a file nobody goes on with; 48 h
}

func (l Limits) orDefault() Limits {
	orInt64(&l.FileSize, 2<<30)
	orInt64(&l.Unpacked, 8<<30)
	orInt(&l.Entries, 1000)
	orInt64(&l.Ratio, 200)
	orInt(&l.Layers, 100)
	orInt(&l.Fields, 500)
	orInt64(&l.Features, 5_000_000)
	orInt64(&l.Vertices, 100_000_000)
	orInt(&l.FeatureVertices, 1_000_000)
	orInt(&l.Text, 64<<10)
	orInt64(&l.Memory, 2<<30)
	orInt64((*int64)(&l.Time), int64(30*time.Minute))
	orInt64(&l.Quota, 6<<30)
	orInt64(&l.DiskReserve, 1<<30)
	orInt64((*int64)(&l.Keep), int64(48*time.Hour))
	return l
}

func orInt64(n *int64, otherwise int64) {
	if *n <= 0 {
		*n = otherwise
	}
}

func orInt(n *int, otherwise int) {
	if *n <= 0 {
		*n = otherwise
	}
}
