package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/google/uuid"

	"github.com/occ/contacts/infra/local/stack"
	"github.com/occ/contacts/infra/smoke"
)

// smokePatience is how long the smoke test waits for what happens by itself; a canary may still be under way.
const smokePatience = 3 * time.Minute

// smokeTest asks a deployed stack for what it is there for; without a name, the local one.
func smokeTest(ctx context.Context, f flags) error {
	cfg, outputs, err := target(ctx, f.stack)
	if err != nil {
		return err
	}
	api := outputs["ApiUrl"]
	if f.stack == "" {
		port, err := port()
		if err != nil {
			return err
		}
		api = fmt.Sprintf("http://127.0.0.1:%d", port)
	}
	client := cognitoidentityprovider.NewFromConfig(cfg)
	return smoke.Run(ctx, smoke.Target{
		API: api, Origin: f.origin, Patience: smokePatience, Log: os.Stderr,
		SignIn: func(ctx context.Context) (string, func(context.Context) error, error) {
			// A password that nobody knows, for a user of a minute.
			user := stack.User{
				Email: "smoke-" + uuid.NewString() + "@example.com", Workspace: smoke.Workspace, Role: "admin", Password: "Aa1-" + rand.Text(),
			}
			remove := func(ctx context.Context) error {
				_, err := client.AdminDeleteUser(ctx, &cognitoidentityprovider.AdminDeleteUserInput{
					UserPoolId: aws.String(outputs["UserPoolId"]), Username: &user.Email,
				})
				return err
			}
			token, err := user.SignIn(ctx, client, outputs["UserPoolId"], outputs["UserPoolClientId"])
			return token, remove, err
		},
	})
}
