package e2e

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/occ/contacts/infra/local/stack"
)

// tampered changes the signature of a token.
func tampered(token string) string {
	last := strings.LastIndexByte(token, '.')
	signature := []byte(token[last+1:])
	if signature[0]++; signature[0] > 'z' || signature[0] == '[' || signature[0] == ':' {
		signature[0] = 'A'
	}
	return token[:last+1] + string(signature)
}

// forged puts another workspace into a token and keeps its signature.
func forged(t *testing.T, token, workspace string) string {
	t.Helper()
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	claims["custom:workspace"] = workspace
	if payload, err = json.Marshal(claims); err != nil {
		t.Fatal(err)
	}
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + parts[2]
}

// expired is a token of the stack's own pool and client that was good for a second.
func expired(t *testing.T, workspace string) string {
	t.Helper()
	client := cognitoidentityprovider.NewFromConfig(stack.Config(local.EmulatorURL))
	pool, id := aws.String(local.Outputs["UserPoolId"]), aws.String(local.Outputs["UserPoolClientId"])
	described, err := client.DescribeUserPoolClient(t.Context(), &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: id})
	if err != nil {
		t.Fatal(err)
	}
	was := described.UserPoolClient
	change := func(validity *int32, units *types.TokenValidityUnitsType) {
		_, err := client.UpdateUserPoolClient(t.Context(), &cognitoidentityprovider.UpdateUserPoolClientInput{
			UserPoolId: pool, ClientId: id, ClientName: was.ClientName, ExplicitAuthFlows: was.ExplicitAuthFlows, ReadAttributes: was.ReadAttributes,
			WriteAttributes: was.WriteAttributes, PreventUserExistenceErrors: was.PreventUserExistenceErrors, IdTokenValidity: validity, TokenValidityUnits: units,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	change(aws.Int32(1), &types.TokenValidityUnitsType{IdToken: "seconds"})
	token := as(t, workspace, "agent").token
	change(aws.Int32(1), &types.TokenValidityUnitsType{IdToken: types.TimeUnitsTypeHours})
	for !pastExpiry(t, token) {
		time.Sleep(100 * time.Millisecond)
	}
	return token
}

// pastExpiry says that a token's time is over, by a second.
func pastExpiry(t *testing.T, token string) bool {
	t.Helper()
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ Exp int64 }
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	if time.Until(time.Unix(claims.Exp, 0)) > time.Minute {
		t.Fatalf("the token lives until %s: it was to expire at once", time.Unix(claims.Exp, 0))
	}
	return time.Since(time.Unix(claims.Exp, 0)) > time.Second
}

// foreign is a good token of another pool, with the same claims.
func foreign(t *testing.T, workspace string) string {
	t.Helper()
	config := stack.Config(local.EmulatorURL)
	client := cognitoidentityprovider.NewFromConfig(config)
	pool, err := client.CreateUserPool(t.Context(), &cognitoidentityprovider.CreateUserPoolInput{
		PoolName: aws.String("another"), UsernameAttributes: []types.UsernameAttributeType{types.UsernameAttributeTypeEmail},
		Schema: []types.SchemaAttributeType{{Name: aws.String("workspace"), AttributeDataType: types.AttributeDataTypeString, Mutable: aws.Bool(true)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.CreateUserPoolClient(t.Context(), &cognitoidentityprovider.CreateUserPoolClientInput{
		UserPoolId: pool.UserPool.Id, ClientName: aws.String("another"), ExplicitAuthFlows: []types.ExplicitAuthFlowsType{types.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range []string{"agent", "admin"} {
		if _, err := client.CreateGroup(t.Context(), &cognitoidentityprovider.CreateGroupInput{UserPoolId: pool.UserPool.Id, GroupName: aws.String(group)}); err != nil {
			t.Fatal(err)
		}
	}
	outputs := maps.Clone(local.Outputs)
	outputs["UserPoolId"], outputs["UserPoolClientId"] = aws.ToString(pool.UserPool.Id), aws.ToString(made.UserPoolClient.ClientId)
	token, err := stack.Token(t.Context(), config, outputs, workspace, "admin", "")
	if err != nil {
		t.Fatal(err)
	}
	return token
}
