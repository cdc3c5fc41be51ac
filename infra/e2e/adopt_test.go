package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamo "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/occ/contacts/infra/local/stack"
)

// abandoned is the name of a stack that is gone and left its data.
const abandoned = "abandoned"

// leave makes what such a stack leaves, in the emulator alone, and returns the ids of the pool and the key.
func leave(t *testing.T, config aws.Config) (pool, key string) {
	t.Helper()
	ctx := t.Context()
	tables := dynamodb.NewFromConfig(config)
	for _, table := range []string{"contacts", "timeline", "jobs"} {
		_, err := tables.CreateTable(ctx, &dynamodb.CreateTableInput{
			TableName:   aws.String(abandoned + "-" + table),
			BillingMode: dynamo.BillingModePayPerRequest,
			KeySchema: []dynamo.KeySchemaElement{
				{AttributeName: aws.String("pk"), KeyType: dynamo.KeyTypeHash},
			},
			AttributeDefinitions: []dynamo.AttributeDefinition{
				{AttributeName: aws.String("pk"), AttributeType: dynamo.ScalarAttributeTypeS},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	buckets := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	for _, bucket := range []string{"uploads", "exports"} {
		if _, err := buckets.CreateBucket(
			ctx,
			&s3.CreateBucketInput{Bucket: aws.String(abandoned + "-" + bucket)},
		); err != nil {
			t.Fatal(err)
		}
	}
	made, err := cognitoidentityprovider.NewFromConfig(config).
		CreateUserPool(ctx, &cognitoidentityprovider.CreateUserPoolInput{PoolName: aws.String(abandoned)})
	if err != nil {
		t.Fatal(err)
	}
	sealing, err := kms.NewFromConfig(config).CreateKey(ctx, &kms.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	return *made.UserPool.Id, *sealing.KeyMetadata.KeyId
}

// What a deleted stack left becomes a new stack's, by what `make adopt` writes.
func TestDataOfADeletedStackIsAdopted(t *testing.T) {
	config, dir := stack.Config(local.EmulatorURL), t.TempDir()
	pool, key := leave(t, config)
	command := exec.CommandContext(
		t.Context(),
		"go",
		"run",
		"../deploy",
		"adopt",
		"-stack",
		abandoned,
		"-pool",
		pool,
		"-key",
		key,
		"-dir",
		dir,
	)
	command.Env = append(
		os.Environ(),
		"AWS_ENDPOINT_URL="+local.EmulatorURL,
		"AWS_REGION="+stack.Region,
		"AWS_ACCESS_KEY_ID=test",
		"AWS_SECRET_ACCESS_KEY=test",
		"PARAMS=Target=local AllowedOrigins=* BucketPrefix="+abandoned,
	)
	if said, err := command.CombinedOutput(); err != nil ||
		!strings.Contains(string(said), "--change-set-type IMPORT") {
		t.Fatalf("%v: %s", err, said)
	}
	var resources []cfn.ResourceToImport
	if err := json.Unmarshal(file(t, dir, "resources-to-import.json"), &resources); err != nil {
		t.Fatal(err)
	}
	client := cloudformation.NewFromConfig(config)
	parameter := func(name, value string) cfn.Parameter {
		return cfn.Parameter{ParameterKey: aws.String(name), ParameterValue: aws.String(value)}
	}
	_, err := client.CreateChangeSet(t.Context(), &cloudformation.CreateChangeSetInput{
		StackName:         aws.String(abandoned),
		ChangeSetName:     aws.String("adopt"),
		ChangeSetType:     cfn.ChangeSetTypeImport,
		TemplateBody:      aws.String(string(file(t, dir, "template.json"))),
		ResourcesToImport: resources,
		Parameters: []cfn.Parameter{
			parameter("Target", "local"),
			parameter("AllowedOrigins", "*"),
			parameter("BucketPrefix", abandoned),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	executed := false
	eventually(t, "the import", func() bool {
		if !executed {
			_, err := client.ExecuteChangeSet(
				t.Context(),
				&cloudformation.ExecuteChangeSetInput{
					StackName:     aws.String(abandoned),
					ChangeSetName: aws.String("adopt"),
				},
			)
			executed = err == nil
		}
		found, err := stack.Describe(t.Context(), config, abandoned)
		if err != nil || strings.Contains(found.Status, "ROLLBACK") || strings.HasSuffix(found.Status, "_FAILED") {
			t.Fatalf("%s %v", found.Status, err)
		}
		return found.Status == "IMPORT_COMPLETE"
	})
	held, err := client.ListStackResources(
		t.Context(),
		&cloudformation.ListStackResourcesInput{StackName: aws.String(abandoned)},
	)
	if err != nil || len(held.StackResourceSummaries) != len(resources) || len(resources) != 7 {
		t.Errorf("the new stack holds %d resources of %d, %v", len(held.StackResourceSummaries), len(resources), err)
	}
}

func file(t *testing.T, dir, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
