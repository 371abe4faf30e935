// Package oldtext reads Vietnamese text of before Unicode: TCVN3 (the ABC fonts),
// VNI and windows-1258 with its combining marks; also where a program has taken such
// bytes for Western ones and written them as UTF-8.
//
// In: bytes, and the name of an encoding or samples to find it by. Out: Unicode in
// NFC. It must never guess silently: Detect says how sure it is, and why.
package oldtext
