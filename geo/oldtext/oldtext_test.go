package oldtext_test

import (
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"haidang/geo/oldtext"
)

// The same words in each encoding, byte by byte.
var golden = []struct{ unicode, tcvn3, vni, cp1258 string }{
	{"Sóc Trăng", "S\xe3c Tr\xa8ng", "So\xf9c Tra\xeang", "So\xecc Tr\xe3ng"},
	{"Đường Nguyễn Thị Minh Khai", "\xa7\xad\xeang Nguy\xd4n Th\xde Minh Khai", "\xd1\xf6\xf4\xf8ng Nguye\xe3n Th\xf2 Minh Khai", "\xd0\xfd\xf5\xccng Nguy\xea\xden Thi\xf2 Minh Khai"},
	{"Thửa đất lúa", "Th\xf6a \xae\xcat l\xf3a", "Th\xf6\xfba \xf1a\xe1t lu\xf9a", "Th\xfd\xd2a \xf0\xe2\xect lu\xeca"},
	{"Kênh Maspéro, ấp Hòa Mỹ", "K\xaanh Masp\xd0ro, \xcap H\xdfa M\xfc", "Ke\xe2nh Maspe\xf9ro, a\xe1p Ho\xf8a My\xf5", "K\xeanh Maspe\xecro, \xe2\xecp Ho\xcca My\xde"},
	{"quỹ đất cộng đồng huyện Kế Sách", "qu\xfc \xae\xcat c\xe9ng \xae\xe5ng huy\xd6n K\xd5 S\xb8ch",
		"quy\xf5 \xf1a\xe1t co\xe4ng \xf1o\xe0ng huye\xe4n Ke\xe1 Sa\xf9ch", "quy\xde \xf0\xe2\xect c\xf4\xf2ng \xf0\xf4\xccng huy\xea\xf2n K\xea\xec Sa\xecch"},
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for _, g := range golden {
		for e, in := range map[oldtext.Encoding]string{oldtext.TCVN3: g.tcvn3, oldtext.VNI: g.vni, oldtext.Windows1258: g.cp1258, oldtext.UTF8: norm.NFD.String(g.unicode)} {
			if got := e.Decode([]byte(in)); got != g.unicode {
				t.Errorf("%s: got %q, want %q", e, got, g.unicode)
			}
			mojibake := oldtext.Windows1252.Decode([]byte(in))
			if e != oldtext.UTF8 && e.Decode([]byte(mojibake)) != g.unicode {
				t.Errorf("%s written as UTF-8: got %q, want %q", e, e.Decode([]byte(mojibake)), g.unicode)
			}
		}
	}
}

func TestCapitals(t *testing.T) {
	t.Parallel()
	if got := oldtext.TCVN3.Decode([]byte("S\xe3C TR\xa1NG, th\xd4 x\xb7 Ph\xf3 L\xe9c")); got != "SÓC TRĂNG, thễ xã Phú Lộc" {
		t.Errorf("got %q", got)
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	for name, pick := range map[oldtext.Encoding]func(int) string{
		oldtext.TCVN3: func(i int) string { return golden[i].tcvn3 }, oldtext.VNI: func(i int) string { return golden[i].vni },
		oldtext.Windows1258: func(i int) string { return golden[i].cp1258 }, oldtext.UTF8: func(i int) string { return golden[i].unicode },
	} {
		var d, mistaken oldtext.Detector
		for i := range golden {
			d.Add([]byte(pick(i)))
			mistaken.Add([]byte(oldtext.Windows1252.Decode([]byte(pick(i)))))
		}
		if all, sure := d.Guesses(); all[0].Encoding != name || !sure || len(all[0].Samples) == 0 {
			t.Errorf("%s: got %+v, sure %v", name, all, sure)
		}
		if all, sure := mistaken.Guesses(); name != oldtext.UTF8 && (all[0].Encoding != name || !sure) {
			t.Errorf("%s as UTF-8: got %+v, sure %v", name, all, sure)
		}
	}
}

func TestDetectIsNotSure(t *testing.T) {
	t.Parallel()
	var d oldtext.Detector
	if all, sure := d.Guesses(); !sure || all[0].Encoding != oldtext.UTF8 {
		t.Errorf("of nothing: %+v, %v", all, sure)
	}
	d.Add([]byte("\xff\xfe\x80\x81 \x9d\x90"))
	if all, sure := d.Guesses(); sure {
		t.Errorf("sure of rubbish: %+v", all)
	}
}

func TestSyllables(t *testing.T) {
	t.Parallel()
	for _, w := range []string{"nghiêng", "Giếng", "giữa", "quốc", "Quỳnh", "khuya", "ưu", "Đồng", "thuở", "gì", "ý", "yên", "ngoằn", "huyện"} {
		if !oldtext.Syllable(w) {
			t.Errorf("%s is no syllable", w)
		}
	}
	for _, w := range []string{"", "áà", "street", "ngx", "S·c", "đđ", "trâg"} {
		if oldtext.Syllable(w) {
			t.Errorf("%s is a syllable", w)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, g := range golden {
		f.Add([]byte(g.tcvn3))
		f.Add([]byte(g.vni))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		for _, e := range oldtext.Encodings {
			if out := e.Decode(in); !utf8.ValidString(out) || !norm.NFC.IsNormalString(out) {
				t.Errorf("%s: %q", e, out)
			}
		}
		var d oldtext.Detector
		d.Add(in)
		if all, _ := d.Guesses(); len(all) == 0 {
			t.Error("no guess")
		}
	})
}
