package stack

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// localPassword is of the local stack's users, which exist on this machine alone.
const localPassword = "Local-stack-1"

// Token signs a user of the local stack in and returns the ID token, making the user when needed. An empty email is derived
// from workspace and role; an empty workspace makes a user without one.
func (s *Stack) Token(ctx context.Context, workspace, role, email string) (string, error) {
	return Token(ctx, Config(s.EmulatorURL), s.Outputs, workspace, role, email)
}

// Token is Stack.Token for a stack that another process runs.
func Token(ctx context.Context, config aws.Config, outputs map[string]string, workspace, role, email string) (string, error) {
	if email == "" {
		// Workspaces differ by case, e-mails do not: the checksum keeps "Demo" and "demo" apart.
		email = strings.ToLower(fmt.Sprintf("%s.%s.%08x@example.com", role, workspace, crc32.ChecksumIEEE([]byte(workspace))))
		email = strings.ReplaceAll(email, "..", ".")
	}
	client := cognitoidentityprovider.NewFromConfig(config)
	user := User{Email: email, Workspace: workspace, Role: role, Password: localPassword}
	return user.SignIn(ctx, client, outputs["UserPoolId"], outputs["UserPoolClientId"])
}

// SignIn makes the user, or brings an existing one to this workspace, role and password, and returns an ID token.
func (u User) SignIn(ctx context.Context, client *cognitoidentityprovider.Client, pool, poolClient string) (string, error) {
	if err := u.Make(ctx, client, pool); err != nil {
		return "", err
	}
	signedIn, err := client.AdminInitiateAuth(ctx, &cognitoidentityprovider.AdminInitiateAuthInput{
		UserPoolId: &pool, ClientId: &poolClient, AuthFlow: types.AuthFlowTypeAdminUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": u.Email, "PASSWORD": u.Password},
	})
	if err != nil {
		return "", fmt.Errorf("sign %s in: %w", u.Email, err)
	}
	return aws.ToString(signedIn.AuthenticationResult.IdToken), nil
}

// User is somebody who may sign in.
type User struct {
	Email     string
	Workspace string // "" for none
	Role      string // agent or admin
	Password  string // "": Cognito sends an invitation with a temporary one
}

// Make makes the user in a pool, or brings an existing one to this workspace and role.
func (u User) Make(ctx context.Context, client *cognitoidentityprovider.Client, pool string) error {
	if u.Role != "agent" && u.Role != "admin" {
		return fmt.Errorf("ROLE is agent or admin, not %q", u.Role)
	}
	attributes := []types.AttributeType{{Name: aws.String("email"), Value: aws.String(u.Email)}, {Name: aws.String("email_verified"), Value: aws.String("true")}}
	if u.Workspace != "" {
		attributes = append(attributes, types.AttributeType{Name: aws.String("custom:workspace"), Value: aws.String(u.Workspace)})
	}
	create := &cognitoidentityprovider.AdminCreateUserInput{UserPoolId: aws.String(pool), Username: aws.String(u.Email), UserAttributes: attributes}
	if u.Password != "" {
		create.MessageAction = types.MessageActionTypeSuppress
	}
	if err := u.create(ctx, client, create); err != nil {
		return err
	}
	if u.Password != "" {
		_, err := client.AdminSetUserPassword(ctx, &cognitoidentityprovider.AdminSetUserPasswordInput{
			UserPoolId: aws.String(pool), Username: aws.String(u.Email), Password: aws.String(u.Password), Permanent: true,
		})
		if err != nil {
			return fmt.Errorf("set the password of %s: %w", u.Email, err)
		}
	}
	return u.join(ctx, client, pool)
}

// join makes the user a member of the role's group and of no other.
func (u User) join(ctx context.Context, client *cognitoidentityprovider.Client, pool string) error {
	listed, err := client.AdminListGroupsForUser(ctx, &cognitoidentityprovider.AdminListGroupsForUserInput{UserPoolId: aws.String(pool), Username: aws.String(u.Email)})
	if err != nil {
		return fmt.Errorf("list the groups of %s: %w", u.Email, err)
	}
	for _, group := range listed.Groups {
		if aws.ToString(group.GroupName) == u.Role {
			continue
		}
		leave := &cognitoidentityprovider.AdminRemoveUserFromGroupInput{UserPoolId: aws.String(pool), Username: aws.String(u.Email), GroupName: group.GroupName}
		if _, err := client.AdminRemoveUserFromGroup(ctx, leave); err != nil {
			return fmt.Errorf("take %s out of group %s: %w", u.Email, aws.ToString(group.GroupName), err)
		}
	}
	_, err = client.AdminAddUserToGroup(ctx, &cognitoidentityprovider.AdminAddUserToGroupInput{
		UserPoolId: aws.String(pool), Username: aws.String(u.Email), GroupName: aws.String(u.Role),
	})
	if err != nil {
		return fmt.Errorf("add %s to group %s: %w", u.Email, u.Role, err)
	}
	return nil
}

func (u User) create(ctx context.Context, client *cognitoidentityprovider.Client, create *cognitoidentityprovider.AdminCreateUserInput) error {
	_, err := client.AdminCreateUser(ctx, create)
	if _, exists := errors.AsType[*types.UsernameExistsException](err); exists {
		_, err = client.AdminUpdateUserAttributes(ctx, &cognitoidentityprovider.AdminUpdateUserAttributesInput{
			UserPoolId: create.UserPoolId, Username: create.Username, UserAttributes: create.UserAttributes,
		})
	}
	if err != nil {
		return fmt.Errorf("make user %s: %w", u.Email, err)
	}
	return nil
}
