// Package postgres gives the house its database: a pool of connections to a
// PostgreSQL 15+ with PostGIS 3.3+, the numbered migrations, and a private
// cluster for those who have no database server of their own.
//
// In: a database URL, or a folder. Out: a *pgxpool.Pool whose database has
// passed every check, times in UTC. Its refusals are *haidang.Error with the
// SQL or the package that cures them.
//
// It must never hold a query about devices, places or people: each room keeps
// its own SQL beside its own rules. The tables are in migrations/.
package postgres
