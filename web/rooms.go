package web

// Alarms is *operations.Alarms.
type Alarms any

// Requests is *operations.Requests.
type Requests any

// Photos is *operations.Photos.
type Photos any

// Accounts is *auth.Accounts.
type Accounts any

// Sessions is *auth.Sessions.
type Sessions any
