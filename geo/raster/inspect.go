package raster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"haidang"
	"haidang/internal/sandbox"
)

// Bounds of a file that comes in.
const (
	maxFile   = 16 << 30  // bytes
	maxSide   = 400_000   // pixels
	maxBlock  = 256 << 20 // bytes that GDAL must unpack to reach one pixel
	maxBands  = 16
	toolsNeed = 2 << 30 // address space of one GDAL program
)

// gdalEnv keeps GDAL to the one file: no files beside it, no notes about it.
var gdalEnv = []string{"GDAL_PAM_ENABLED=NO", "GDAL_DISABLE_READDIR_ON_OPEN=TRUE", "GDAL_CACHEMAX=256", "CPL_DEBUG=OFF",
	"GDAL_NUM_THREADS=1", "VRT_SHARED_SOURCE=0", "OSR_DEFAULT_AXIS_MAPPING_STRATEGY=TRADITIONAL_GIS_ORDER"}

// picture is what GDAL says of the file.
type picture struct {
	Driver string `json:"driverShortName"`
	Size   [2]int `json:"size"`
	CRS    struct {
		WKT   string `json:"wkt"`
		Proj4 string `json:"proj4"`
	} `json:"coordinateSystem"`
	Transform *[6]float64 `json:"geoTransform"`
	GCPs      *struct{}   `json:"gcps"`
	Bands     []band      `json:"bands"`
	STAC      struct {
		EPSG *int `json:"proj:epsg"`
	} `json:"stac"`
}

type band struct {
	Block  [2]int   `json:"block"`
	Type   string   `json:"type"`
	Colour string   `json:"colorInterpretation"`
	NoData *float64 `json:"noDataValue"`
	Table  *struct {
		Entries [][4]uint8 `json:"entries"`
	} `json:"colorTable"`
}

// inspect looks at the file without unpacking any of it. What can be no picture of
// ours is an ErrInvalid.
func inspect(ctx context.Context, file string, o Options) (picture, error) {
	if err := checkMagic(file); err != nil {
		return picture{}, err
	}
	out, err := sandboxed(ctx, sandbox.Limits{Wall: time.Minute, Memory: toolsNeed, Output: 4 << 20}, []string{file}, nil,
		"gdalinfo", "-json", "-proj4", "-nomd", "-norat", "-nofl", "-if", "GTiff", file)
	if err != nil {
		return picture{}, unreadable(err)
	}
	var p picture
	if err := json.Unmarshal(out, &p); err != nil {
		return picture{}, unreadable(err)
	}
	for _, check := range []func() error{func() error { return p.checkSize(o.maxPixels()) }, p.checkBands, p.checkPlace} {
		if err := check(); err != nil {
			return p, err
		}
	}
	return p, nil
}

// checkMagic wants a TIFF, classic or big, of either byte order.
func checkMagic(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() > maxFile {
		return refuse("file", "Tệp lớn quá %d GiB; hãy cắt thành nhiều mảnh.", "The file is larger than %d GiB; cut it into pieces.", maxFile>>30)
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(f, head); err != nil {
		return notTIFF()
	}
	for _, magic := range []string{"II*\x00", "MM\x00*", "II+\x00", "MM\x00+"} {
		if bytes.Equal(head, []byte(magic)) {
			return nil
		}
	}
	return notTIFF()
}

func notTIFF() error {
	return refuse("file", "Tệp không phải GeoTIFF. Hãy xuất ảnh thành GeoTIFF (QGIS: Raster > Conversion > Translate).",
		"The file is no GeoTIFF. Export the picture as GeoTIFF (QGIS: Raster > Conversion > Translate).")
}

func (p picture) checkSize(most int64) error {
	w, h := int64(p.Size[0]), int64(p.Size[1])
	switch {
	case w < 2 || h < 2:
		return refuse("file", "Ảnh quá nhỏ: %d × %d điểm ảnh.", "The picture is too small: %d × %d pixels.", w, h)
	case w > maxSide || h > maxSide || w*h > most:
		return refuse("file", "Ảnh quá lớn: %d × %d điểm ảnh; nhiều nhất là %.4g triệu. Hãy giảm độ phân giải hoặc cắt thành nhiều mảnh.",
			"The picture is too large: %d × %d pixels; the most is %.4g million. Lower the resolution, or cut it into pieces.", w, h, float64(most)/1e6)
	}
	return nil
}

// checkBands wants 8-bit grey, colour table or RGB in blocks that fit into memory.
func (p picture) checkBands() error {
	if len(p.Bands) == 0 || len(p.Bands) > maxBands {
		return refuse("file", "Ảnh có %d kênh; cần 1 đến %d.", "The picture has %d bands; 1 to %d are needed.", len(p.Bands), maxBands)
	}
	for _, b := range p.Bands {
		if b.Type != "Byte" {
			return refuse("file", "Kênh ảnh kiểu %s; cần 8 bit. Hãy đổi: gdal_translate -ot Byte -scale vào.tif ra.tif.",
				"A band is of type %s; 8 bit are needed. Convert it: gdal_translate -ot Byte -scale in.tif out.tif.", b.Type)
		}
		if int64(b.Block[0])*int64(b.Block[1])*int64(len(p.Bands)) > maxBlock {
			return refuse("file", "Ảnh lưu thành khối quá lớn (%d × %d). Hãy lưu lại: gdal_translate -co TILED=YES -co COMPRESS=DEFLATE vào.tif ra.tif.",
				"The picture is kept in blocks that are too large (%d × %d). Save it anew: gdal_translate -co TILED=YES -co COMPRESS=DEFLATE in.tif out.tif.", b.Block[0], b.Block[1])
		}
	}
	if _, ok := p.plan(); !ok {
		return refuse("file", "Ảnh có các kênh %s; cần xám, bảng màu, hoặc đỏ, lục, lam (có thể thêm kênh trong suốt).",
			"The picture has the bands %s; grey, a colour table, or red, green and blue are needed (with or without transparency).", p.colours())
	}
	return nil
}

func (p picture) checkPlace() error {
	switch {
	case p.Transform == nil && p.GCPs != nil:
		return refuse("file", "Ảnh chỉ có điểm khống chế, chưa nắn. Hãy nắn trước (QGIS: Georeferencer) rồi tải lại.",
			"The picture has control points only. Rectify it first (QGIS: Georeferencer), then send it again.")
	case p.Transform == nil:
		return refuse("file", "Ảnh không có vị trí trên bản đồ. Hãy định vị ảnh (QGIS: Georeferencer) và xuất GeoTIFF; tệp .tfw đi kèm không được đọc.",
			"The picture has no place on the map. Georeference it (QGIS: Georeferencer) and export a GeoTIFF; a .tfw beside it is not read.")
	}
	return nil
}

// sandboxed runs one GDAL program that reads only readable, writes only writable.
func sandboxed(ctx context.Context, l sandbox.Limits, readable, writable []string, name string, args ...string) ([]byte, error) {
	cmd := sandbox.Command(ctx, l, readable, writable, name, args...)
	cmd.Env = gdalEnv
	return cmd.Output()
}

// unreadable tells what a program of GDAL could not read from what it was not able to do.
func unreadable(err error) error {
	f, ok := errors.AsType[*sandbox.Failure](err)
	if _, syntax := errors.AsType[*json.SyntaxError](err); !ok && !syntax {
		return err
	}
	e := haidang.RefuseField("file", "GDAL không đọc được tệp này: tệp hỏng, thiếu phần cuối, hoặc dùng cách nén không hỗ trợ.",
		"GDAL cannot read this file: it is broken, cut short, or compressed in a way that is not supported.")
	if ok && f.Reason != sandbox.Exited {
		e = haidang.RefuseField("file", "Đọc tệp này tốn quá nhiều bộ nhớ hoặc thời gian. Hãy lưu lại: gdal_translate -co TILED=YES -co COMPRESS=DEFLATE vào.tif ra.tif.",
			"Reading this file takes too much memory or time. Save it anew: gdal_translate -co TILED=YES -co COMPRESS=DEFLATE in.tif out.tif.")
	}
	e.Cause = err
	return e
}

// refuse formats both sentences with the same values.
func refuse(field, vi, en string, values ...any) error {
	return haidang.RefuseField(field, fmt.Sprintf(vi, values...), fmt.Sprintf(en, values...))
}
