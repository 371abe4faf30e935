// Package mapserver answers WMS 1.3.0 and WFS 2.0 for open layers, with MapServer
// as the server beside ours.
//
// In: GET requests whose parameters are on a list, and the catalogue. Out: what
// MapServer makes of them, run once per request in the sandbox on a mapfile of ours.
// It sees only layers that everybody may see: through the mapfile, and again through
// the database role that its connections have, which may read those columns alone.
// It has no network and no password: its one way to the database is a socket of ours.
//
// It must never let a request name a mapfile, a style or a server, nor let PROJ
// choose how VN-2000 becomes anything else: the definitions it sees are ours alone.
package mapserver
