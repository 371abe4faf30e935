package operations

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"haidang"
)

func TestParseTrackingCodeAsPeopleTypeIt(t *testing.T) {
	t.Parallel()
	code := spellCode([]byte{0, 1, 31, 10, 2, 9, 17, 30, 12})
	if code[:9] != "01ZA29HYC" || len(code) != 10 {
		t.Fatalf("code %s", code)
	}
	s := string(code)
	for _, typed := range []string{s, strings.ToLower(s), " " + s[:5] + "-" + s[5:] + " ", "O" + s[1:], "o" + s[1:], "0I" + s[2:], "0l" + s[2:], s[:5] + "\u00a0" + s[5:]} {
		if got, err := parseTrackingCode(typed); err != nil || got != code {
			t.Errorf("%q is %q, %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", "0", s[:9], s + "0", "U" + s[1:], "é" + s[1:], "\xff" + s[1:], strings.Repeat("0", 1000), "'; DROP"} {
		_, err := parseTrackingCode(typed)
		wantRefusal(t, err, haidang.ErrInvalid, "code")
	}
}

// Every wrong character and every swap of two is noticed.
func TestTrackingCodeNoticesMistakes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		code := []byte(newTrackingCode())
		if _, err := parseTrackingCode(string(code)); err != nil {
			rt.Fatalf("%s: %v", code, err)
		}
		i, j := rapid.IntRange(0, 9).Draw(rt, "i"), rapid.IntRange(0, 9).Draw(rt, "j")
		wrong := append([]byte(nil), code...)
		if rapid.Bool().Draw(rt, "swap") {
			wrong[i], wrong[j] = wrong[j], wrong[i]
		} else {
			wrong[i] = codeAlphabet[rapid.IntRange(0, 31).Draw(rt, "letter")]
		}
		if _, err := parseTrackingCode(string(wrong)); string(wrong) != string(code) && err == nil {
			rt.Fatalf("%s was taken for %s", wrong, code)
		}
	})
}

func TestCodesOfKeys(t *testing.T) {
	t.Parallel()
	seen := map[haidang.TrackingCode]bool{}
	for range 2000 {
		seen[newTrackingCode()] = true
	}
	for _, key := range []string{"a", "b", "c"} {
		seen[codeForKey(key)] = true
		if again := codeForKey(key); !seen[again] {
			t.Error("a key has two codes")
		}
	}
	if len(seen) != 2003 {
		t.Errorf("%d different codes of 2003", len(seen))
	}
}
