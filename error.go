package haidang

import (
	"errors"
	"fmt"
)

// ErrorCode is the stable, machine-readable kind of a refusal.
type ErrorCode string

// The kinds of refusal. web maps each to one HTTP status.
const (
	ErrInvalid       ErrorCode = "invalid"      // the input breaks a rule; Field names where
	ErrBlocked       ErrorCode = "blocked"      // what a check found is to be mended first
	ErrUnauthorised  ErrorCode = "unauthorised" // nobody is signed in
	ErrForbidden     ErrorCode = "forbidden"    // signed in, but without the right
	ErrNotFound      ErrorCode = "not_found"
	ErrConflict      ErrorCode = "conflict"      // somebody else was first; read again
	ErrStale         ErrorCode = "stale"         // made from another state than the present one; read again
	ErrUnconditional ErrorCode = "unconditional" // says not from which state it was made
	ErrTooMany       ErrorCode = "too_many"      // slow down, then try again
	ErrTooLarge      ErrorCode = "too_large"
	ErrMediaType     ErrorCode = "media_type"    // what was sent is of another kind
	ErrUnavailable   ErrorCode = "unavailable"   // a part is down; nothing was lost
	ErrNotInstalled  ErrorCode = "not_installed" // an optional program is not on this server
	ErrInternal      ErrorCode = "internal"
)

// Text is one sentence in the languages of the province. Khmer may be empty;
// readers then fall back to Vietnamese.
type Text struct {
	VI string `json:"vi"`
	EN string `json:"en"`
	KM string `json:"km,omitempty"`
}

// In returns the sentence in the language tag "vi", "en" or "km", falling back to Vietnamese.
func (t Text) In(lang string) string {
	switch {
	case lang == "en" && t.EN != "":
		return t.EN
	case lang == "km" && t.KM != "":
		return t.KM
	}
	return t.VI
}

// Error is a refusal a person can act on: what failed, where, and the remedy.
type Error struct {
	Code  ErrorCode
	Field string // the input field at fault, in API spelling; empty when none is
	Text  Text   // what is wrong and what to do
	Cause error  // for the log, never for the reader
}

// Refuse makes an Error without a field.
func Refuse(code ErrorCode, vi, en string) *Error {
	return &Error{Code: code, Text: Text{VI: vi, EN: en}}
}

// RefuseField makes an ErrInvalid that names the field at fault.
func RefuseField(field, vi, en string) *Error {
	return &Error{Code: ErrInvalid, Field: field, Text: Text{VI: vi, EN: en}}
}

func (e *Error) Error() string {
	s := string(e.Code)
	if e.Field != "" {
		s += " " + e.Field
	}
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", s, e.Text.EN, e.Cause)
	}
	return s + ": " + e.Text.EN
}

func (e *Error) Unwrap() error { return e.Cause }

// CodeOf returns the kind of err, or ErrInternal when it is not one of ours.
func CodeOf(err error) ErrorCode {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ErrInternal
}
