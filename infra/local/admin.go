package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/occ/contacts/infra/local/stack"
	"github.com/occ/contacts/pkg/importing"
)

// target is the stack that a command speaks to: the local one, or with a name one on AWS.
func target(ctx context.Context, name string) (aws.Config, map[string]string, error) {
	port, err := port()
	if err != nil {
		return aws.Config{}, nil, err
	}
	if name != "" {
		cfg, err := stack.AWSConfig(ctx)
		if err != nil {
			return cfg, nil, err
		}
		outputs, err := stack.ReadOutputs(ctx, cfg, name)
		return cfg, outputs, stack.ExplainAWS(err)
	}
	cfg := stack.Config(fmt.Sprintf("http://127.0.0.1:%d", port+1))
	outputs, err := stack.ReadOutputs(ctx, cfg, stack.Name)
	if err != nil {
		return cfg, nil, fmt.Errorf("the stack does not answer; is it up (`make run`), and on this PORT? %w", err)
	}
	return cfg, outputs, nil
}

// checkWorkspace checks the form of WORKSPACE before anything is made for it.
func checkWorkspace(name string) error {
	if err := importing.CheckWorkspace(name); err != nil {
		return fmt.Errorf("WORKSPACE: %w", err)
	}
	return nil
}

// token prints an ID token of the local stack.
func token(ctx context.Context, f flags) error {
	if err := checkWorkspace(f.workspace); err != nil {
		return err
	}
	cfg, outputs, err := target(ctx, "")
	if err != nil {
		return err
	}
	printed, err := stack.Token(ctx, cfg, outputs, f.workspace, f.role, f.email)
	if err != nil {
		return err
	}
	fmt.Println(printed)
	return nil
}

// environment prints what points AWS clients at the local stack.
func environment(context.Context, flags) error {
	port, err := port()
	if err != nil {
		return err
	}
	for _, variable := range stack.Environment(port, dynamoDB(port)) {
		fmt.Println("export " + variable)
	}
	return nil
}

// drop uploads a file to where dropped files are imported from.
func drop(ctx context.Context, f flags) error {
	if err := checkWorkspace(f.workspace); err != nil {
		return err
	}
	key, err := importing.DropKey(f.workspace, filepath.Base(f.file))
	if err != nil {
		return fmt.Errorf("FILE: %w", err)
	}
	cfg, outputs, err := target(ctx, "")
	if err != nil {
		return err
	}
	file, err := os.Open(f.file)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(outputs["UploadsBucket"]), Key: aws.String(key), Body: file})
	if err != nil {
		return err
	}
	fmt.Printf("s3://%s/%s\n", outputs["UploadsBucket"], key)
	return nil
}

// reset removes the local data, but never a folder that holds something else.
func reset(context.Context, flags) error {
	dir := dataDir()
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "lock")); err != nil && len(entries) > 0 {
		return fmt.Errorf("%s does not look like the data of a local stack; remove it by hand", dir)
	}
	lock, err := stack.Lock(dir)
	if err != nil {
		return err
	}
	defer lock.Close() //nolint:errcheck // gone with the folder
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "emptied", dir)
	return nil
}

// user makes a user of a deployed stack; Cognito sends the invitation.
func user(ctx context.Context, f flags) error {
	if !strings.Contains(f.email, "@") {
		return errors.New("EMAIL= is needed")
	}
	if err := checkWorkspace(f.workspace); err != nil {
		return err
	}
	cfg, outputs, err := target(ctx, f.stack)
	if err != nil {
		return err
	}
	made := stack.User{Email: f.email, Workspace: f.workspace, Role: f.role}
	if err := made.Make(ctx, cognitoidentityprovider.NewFromConfig(cfg), outputs["UserPoolId"]); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s is %s of %s; an invitation with a password is on its way\n", f.email, f.role, f.workspace)
	return nil
}

// redrive puts dead letters back into their queues.
func redrive(ctx context.Context, f flags) error {
	cfg, outputs, err := target(ctx, f.stack)
	if err != nil {
		return err
	}
	return stack.Redrive(ctx, cfg, outputs, os.Stdout)
}
