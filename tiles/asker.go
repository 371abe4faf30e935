package tiles

import "context"

type askerKey struct{}

// WithAsker names who asks for tiles, an account or a line, so that no one of them
// takes every turn.
func WithAsker(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, askerKey{}, name)
}

func askerOf(ctx context.Context) string {
	name, _ := ctx.Value(askerKey{}).(string)
	return name
}
