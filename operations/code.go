package operations

import (
	"crypto/rand"
	"crypto/sha256"
	"strings"

	"haidang"
)

// A tracking code is ten characters of Crockford's base 32, which has no I, L, O
// or U: nine random ones (45 bits) and a check character. The check is a sum over
// GF(32) with weights 2⁹ … 2⁰, so every single wrong character and every swap of
// two characters is noticed.
const (
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	codeLength   = 10
)

// newTrackingCode returns a random code.
func newTrackingCode() haidang.TrackingCode {
	var b [codeLength - 1]byte
	_, _ = rand.Read(b[:]) // never fails
	return spellCode(b[:])
}

// codeForKey returns the code that belongs to an idempotency key: the same for every
// retry, on any machine, and as hard to guess as the key.
func codeForKey(key string) haidang.TrackingCode {
	h := sha256.Sum256([]byte("haidang tracking code\x00" + key))
	return spellCode(h[:codeLength-1])
}

// spellCode takes five bits of each of nine bytes and adds the check character.
func spellCode(b []byte) haidang.TrackingCode {
	var code [codeLength]byte
	sum := byte(0)
	for i, v := range b {
		code[i] = codeAlphabet[v&31]
		sum = double(sum ^ v&31)
	}
	code[codeLength-1] = codeAlphabet[sum]
	return haidang.TrackingCode(code[:])
}

// double multiplies by x in GF(32) = GF(2)[x]/(x⁵+x²+1).
func double(v byte) byte {
	v <<= 1
	if v&32 != 0 {
		v ^= 0b100101
	}
	return v
}

// parseTrackingCode reads a code as people type it: small letters, spaces and
// hyphens, O for 0, I and L for 1. It returns ErrInvalid when it cannot be a code.
func parseTrackingCode(typed string) (haidang.TrackingCode, error) {
	var b []byte
	for _, r := range strings.ToUpper(typed) {
		switch r {
		case ' ', '-', '\u00a0':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		v := strings.IndexRune(codeAlphabet, r)
		if v < 0 || len(b) == codeLength {
			return "", refuseCode()
		}
		b = append(b, byte(v))
	}
	if len(b) != codeLength {
		return "", refuseCode()
	}
	code := spellCode(b[:codeLength-1])
	if code[codeLength-1] != codeAlphabet[b[codeLength-1]] {
		return "", refuseCode()
	}
	return code, nil
}

func refuseCode() error {
	return &haidang.Error{Code: haidang.ErrInvalid, Field: "code", Text: haidang.Text{
		VI: "Mã tra cứu có 10 chữ và số. Mã này gõ sai ở đâu đó: hãy xem lại từng ký tự.",
		EN: "A tracking code has 10 letters and digits. This one is mistyped somewhere: check each character.",
		KM: "លេខកូដតាមដានមាន 10 តួអក្សរ និងលេខ។ សូមពិនិត្យម្តងទៀត។"}}
}
