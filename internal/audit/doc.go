// Package audit keeps the log of what people did.
//
// In: one Entry for each act, recorded inside the transaction that does the act,
// so that neither exists without the other. Out: the log, newest first, and a
// proof that nobody changed it. Each row carries the hash of the one before it,
// so a row that was altered, dropped or slipped in breaks the chain from there on.
//
// It must never hold a password, a token or a citizen's tracking code, and no
// code may update or delete its rows. The chain cannot show that the newest rows
// were cut off: whoever needs that keeps the last hash outside of this database.
package audit
