package ogc

import (
	"encoding/json"
	"fmt"
	"hash"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
)

// tag is the ETag of features of a layer: of its entry with its version, of what that
// counts in, and of the request. So it is known without a look at the features.
func (q *ask) tag(l catalogue.Layer) (string, error) {
	ctx, cancel := q.limited()
	defer cancel()
	origin, err := catalogue.Origin(ctx, q.config.Pool, l)
	if err != nil {
		return "", err
	}
	entry, err := json.Marshal(l)
	if err != nil {
		return "", err
	}
	h := fnv.New128a()
	fmt.Fprintf(h, "%s\n%s\n%s\n%t %s %s", origin, entry, q.r.URL.RequestURI(), q.html, q.spoken(), q.base)
	if q.html {
		err = q.tagPage(h)
	}
	return fmt.Sprintf(`W/"%x"`, h.Sum(nil)), err
}

// tagOf is the strong tag of one feature: its version, which If-Match is about, and the
// weak tag of the answer.
func tagOf(f features.Feature, weak string) string {
	return `"` + strconv.FormatInt(f.RowVersion, 10) + "-" + strings.TrimPrefix(weak, `W/"`)
}

// known is the strong tag that whoever asks has of the answer with that weak one: then
// nothing of the layer has changed, whatever its version. "": none.
func (q *ask) known(weak string) string {
	for _, header := range q.r.Header.Values("If-None-Match") {
		for one := range strings.SplitSeq(header, ",") {
			if one = strings.TrimSpace(one); strings.HasSuffix(one, "-"+strings.TrimPrefix(weak, `W/"`)) {
				return one
			}
		}
	}
	return ""
}

// tagPage adds what else a page for people shows: what codes mean today, and who reads.
func (q *ask) tagPage(h hash.Hash) error {
	lists, err := catalogue.CodeLists(q.r.Context(), q.config.Pool, haidang.Day(time.Now()))
	if err != nil {
		return err
	}
	if err := json.NewEncoder(h).Encode(lists); err != nil {
		return err
	}
	if q.who != nil {
		fmt.Fprintf(h, "%s\n%s", q.who.Account, q.who.FullName)
	}
	return nil
}

// has reports whether whoever asks has what the tag stands for. It compares as
// If-None-Match asks: weakly, any of the list; and any at all of something that is there.
func (q *ask) has(tag string, there bool) bool {
	for _, header := range q.r.Header.Values("If-None-Match") {
		for one := range strings.SplitSeq(header, ",") {
			if one = strings.TrimSpace(one); one == "*" && there || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
	}
	return false
}
