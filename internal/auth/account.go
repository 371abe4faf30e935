package auth

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"haidang"
)

// Account is somebody who can sign in.
type Account struct {
	Name      haidang.AccountName `json:"account"`
	FullName  string              `json:"fullName"`
	Disabled  bool                `json:"disabled"`
	Demo      bool                `json:"demo"` // its password is known to everybody
	CreatedAt time.Time           `json:"createdAt"`
	Grants    []Grant             `json:"grants"`
}

// NewAccount is what Create needs.
type NewAccount struct {
	Name     haidang.AccountName
	FullName string
	Password string
	Grants   []Grant
}

// Change is what Update changes; nil leaves a part as it is.
type Change struct {
	FullName *string
	Disabled *bool
	Password *string
	Grants   *[]Grant
}

var accountName = regexp.MustCompile(`^[a-z0-9._-]{2,64}$`)

// spell is the account's name as it is kept: people type capitals and spaces around it.
func spell(name haidang.AccountName) haidang.AccountName {
	return haidang.AccountName(strings.ToLower(strings.TrimSpace(string(name))))
}

func checkName(name haidang.AccountName) error {
	if accountName.MatchString(string(name)) {
		return nil
	}
	return haidang.RefuseField("account",
		"Tên đăng nhập gồm 2 đến 64 chữ cái không dấu, chữ số, dấu chấm, gạch ngang hoặc gạch dưới.",
		"An account's name has 2 to 64 plain letters, digits, dots, hyphens or underscores.")
}

// checkFullName returns the name trimmed and composed.
func checkFullName(name string) (string, error) {
	name = norm.NFC.String(strings.TrimSpace(strings.ToValidUTF8(name, "")))
	if n := len([]rune(name)); n < 1 || n > 100 || strings.ContainsFunc(name, unicode.IsControl) {
		return "", haidang.RefuseField("fullName", "Hãy ghi họ tên, từ 1 đến 100 ký tự, trên một dòng.",
			"Give the full name, 1 to 100 characters, on one line.")
	}
	return name, nil
}

// checkGrants refuses unknown roles and limits that a role cannot have, and
// returns the grants sorted, each once.
func checkGrants(grants []Grant) ([]Grant, error) {
	if len(grants) > 100 {
		return nil, haidang.RefuseField("grants", "Một tài khoản có nhiều nhất 100 quyền.", "An account has at most 100 grants.")
	}
	for _, g := range grants {
		if !g.Role.Grantable() {
			return nil, haidang.RefuseField("grants", fmt.Sprintf("Không có vai trò %q.", g.Role), fmt.Sprintf("There is no role %q.", g.Role))
		}
		if !isCode(string(g.Agency)) || !isCode(string(g.Unit)) {
			return nil, haidang.RefuseField("grants", "Mã cơ quan và mã địa bàn dài nhất 64 ký tự, không có ký tự điều khiển.",
				"The codes of agencies and areas have at most 64 characters and no control characters.")
		}
		if g.Role == RoleAdmin && (g.Agency != "" || g.Unit != "") {
			return nil, haidang.RefuseField("grants", "Quyền quản trị là cho cả hệ thống: hãy để trống cơ quan và địa bàn.",
				"An administrator's right is for the whole house: leave agency and area empty.")
		}
	}
	sorted := slices.SortedFunc(slices.Values(grants), func(a, b Grant) int {
		return strings.Compare(fmt.Sprint(a.Role, "\x00", a.Agency, "\x00", a.Unit), fmt.Sprint(b.Role, "\x00", b.Agency, "\x00", b.Unit))
	})
	return slices.Compact(sorted), nil
}

// isCode reports what could be a code: the database, which knows them all, refuses NUL.
func isCode(code string) bool {
	return len(code) <= 64 && utf8.ValidString(code) && !strings.ContainsFunc(code, unicode.IsControl)
}
