// Package identity carries who calls through a request's context. The gateway adapter puts it there from the verified
// token; the routes read it.
package identity

import (
	"context"
	"slices"
)

// Role is what a user may do in a workspace.
type Role string

// The roles; an admin may do all that an agent may.
const (
	Agent Role = "agent"
	Admin Role = "admin"
)

// Caller is who sent a request. The zero Caller has no token: only public routes are for it.
type Caller struct {
	Subject   string   // "sub" of the token
	Workspace string   // "custom:workspace"; empty for an access token
	Groups    []string // "cognito:groups"
	RequestID string   // of API Gateway
}

// Has says whether the caller may act in a role.
func (c Caller) Has(role Role) bool {
	return slices.Contains(c.Groups, string(Admin)) || slices.Contains(c.Groups, string(role))
}

type key struct{}

// With returns a context that carries the caller.
func With(ctx context.Context, caller Caller) context.Context {
	return context.WithValue(ctx, key{}, caller)
}

// From returns the caller of a context; the zero Caller when there is none.
func From(ctx context.Context) Caller {
	caller, _ := ctx.Value(key{}).(Caller)
	return caller
}
