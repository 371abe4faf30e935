package web

import (
	"net/http"
	"slices"

	"golang.org/x/text/language"
)

var languages = []string{"vi", "en", "km"}

var matcher = language.NewMatcher([]language.Tag{language.Vietnamese, language.English, language.Khmer})

// languageOf is the language the reader asks for: ?lang=, else Accept-Language, else Vietnamese.
func languageOf(r *http.Request) string {
	return preferred(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
}

func preferred(asked, accepted string) string {
	if slices.Contains(languages, asked) {
		return asked
	}
	tags, _, err := language.ParseAcceptLanguage(accepted)
	if err != nil || len(tags) == 0 {
		return languages[0]
	}
	_, i, confidence := matcher.Match(tags...)
	if confidence == language.No {
		return languages[0]
	}
	return languages[i]
}
