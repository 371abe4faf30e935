package oldtext

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// A Vietnamese syllable is an onset, a rhyme and at most one tone. So few of all
// strings are one that reading text in the wrong encoding shows at once.
var (
	onsets = set(" b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x")
	rhymes = set(`a ac ach ai am an ang anh ao ap at au ay ă ăc ăm ăn ăng ăp ăt â âc âm ân âng âp ât âu ây
		e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu iê
		o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oc oe oen oeo oet oi om on ong ooc oong op ot
		ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uân uâng uât uây uc uê uêch uênh ui um un ung uơ uôc uôi uôm uôn uông uôt up ut uy uya uych uyên uyêt uynh uyt uyu
		ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên yêng yêt yêu ươ uâ uôp`)
)

func set(words string) map[string]bool {
	m := map[string]bool{"": false}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

const tones = "\u0300\u0301\u0303\u0309\u0323"

// Syllable reports whether the word could be one of Vietnamese, whatever its case.
func Syllable(word string) bool {
	plain, n := untoned(strings.ToLower(word))
	if n > 1 || plain == "" {
		return false
	}
	if rhymes[plain] {
		return true
	}
	for cut := range plain {
		if cut > 0 && cut <= 4 && onsets[plain[:cut]] && (rhymes[plain[cut:]] || plain[:cut] == "qu" && rhymes["u"+plain[cut:]]) {
			return true
		}
	}
	return plain == "gi" || strings.HasPrefix(plain, "gi") && rhymes["i"+plain[2:]]
}

// untoned takes the tones out and counts them.
func untoned(word string) (plain string, n int) {
	var out strings.Builder
	for _, r := range norm.NFD.String(word) {
		if strings.ContainsRune(tones, r) {
			n++
			continue
		}
		out.WriteRune(r)
	}
	return norm.NFC.String(out.String()), n
}
