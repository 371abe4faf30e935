// Package auth knows who somebody is and what they may do.
//
// In: names and passwords, session cookies, one-time links, and questions of the
// form "may this person do that to the thing over there". Out: a Principal, or a
// refusal a person can read. Passwords are kept as argon2id, session and setup
// tokens as SHA-256 only. What anybody may do stands in one table, Policy; a door
// that asks for an action without a row there is shut.
//
// It must never log or return a password or a token it was given, tell a wrong
// name from a wrong password, or leave the house without an administrator.
package auth
