package catalogue_test

import (
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"haidang"
	"haidang/geo/catalogue"
)

func TestCodesAreReadFromTables(t *testing.T) {
	t.Parallel()
	rice := catalogue.Code{Code: "LUC", Label: haidang.Text{VI: "Đất lúa, hai vụ", EN: "Rice"}, Colour: "#fffc8c", Parent: "NNP"}
	bare := catalogue.Code{Code: "7", Label: haidang.Text{VI: "Khác"}}
	for name, table := range map[string]string{
		"commas, no head":       "LUC,\"Đất lúa, hai vụ\",Rice,#FFFC8C,NNP\n7,Khác\n",
		"semicolons of Excel":   "\ufeffMã;Tên;Tên tiếng Anh;Màu;Mã cha\r\nLUC;Đất lúa, hai vụ;Rice;fffc8c;NNP\r\n\r\n7;Khác;;;\r\n",
		"a copy, turned around": "en\tcolour\tparent\tname\tcode\nRice\t#fffc8c\tNNP\tĐất lúa, hai vụ\tLUC\n\t\t\tKhác\t7",
	} {
		got, err := catalogue.ReadCodes(table)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff([]catalogue.Code{rice, bare}, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for _, table := range []string{"", "mã;tên\n", "a,\"b\nc,d"} {
		if _, err := catalogue.ReadCodes(table); haidang.CodeOf(err) != haidang.ErrInvalid {
			t.Errorf("%q: %v, want a refusal", table, err)
		}
	}
}

func FuzzReadCodes(f *testing.F) {
	f.Add("mã;tên\nA;B")
	f.Add("A,\"B\n")
	f.Fuzz(func(t *testing.T, table string) {
		codes, err := catalogue.ReadCodes(table)
		if err != nil && haidang.CodeOf(err) != haidang.ErrInvalid {
			t.Fatal(err)
		}
		for _, c := range codes {
			if utf8.ValidString(table) && !utf8.ValidString(c.Code+c.Label.VI) {
				t.Fatalf("%q is no UTF-8", c.Code)
			}
		}
	})
}
