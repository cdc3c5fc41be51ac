package dynamotest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.yaml.in/yaml/v3"

	"github.com/occ/contacts/infra/local/checkout"
)

// Tables are the names of a test's own tables; dynamo.Tables(tables) converts them.
type Tables struct{ Contacts, Timeline, Jobs string }

// Client makes a client of the server; transport may change what passes, nil is the usual one. It sends a call as
// often as the functions' client but hardly waits between.
func Client(transport http.RoundTripper) *dynamodb.Client {
	if transport == nil {
		transport = http.DefaultTransport
	}
	retryer := retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 8
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) {
			return rand.N(5 * time.Millisecond), nil //nolint:gosec // a pause is no secret
		})
	})
	return dynamodb.New(dynamodb.Options{
		Retryer:      retryer,
		BaseEndpoint: aws.String(endpoint), Region: "eu-west-1", HTTPClient: &http.Client{Transport: transport},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

var sets atomic.Int64

// New creates a fresh set of tables.
func New(t testing.TB) Tables {
	t.Helper()
	if endpoint == "" {
		t.Fatal("dynamotest: TestMain must call dynamotest.Run")
	}
	definitions, err := read()
	if err != nil {
		t.Fatal(err)
	}
	prefix := fmt.Sprintf("t%d", sets.Add(1))
	client := Client(nil)
	for _, name := range []string{"contacts", "timeline", "jobs"} {
		definition, ok := definitions[name]
		if !ok {
			t.Fatalf("template.yaml has no table that is named …-%s", name)
		}
		if _, err := client.CreateTable(context.Background(), definition.input(prefix+"-"+name)); err != nil {
			t.Fatalf("create table %s: %v", name, err)
		}
	}
	return Tables{Contacts: prefix + "-contacts", Timeline: prefix + "-timeline", Jobs: prefix + "-jobs"}
}

// table is what CloudFormation says of a table, as far as tests need it.
type table struct {
	TableName            string       `yaml:"TableName"`
	AttributeDefinitions []attribute  `yaml:"AttributeDefinitions"`
	KeySchema            []keyElement `yaml:"KeySchema"`
	Indexes              []index      `yaml:"GlobalSecondaryIndexes"`
}

type attribute struct {
	Name string `yaml:"AttributeName"`
	Type string `yaml:"AttributeType"`
}

type keyElement struct {
	Name string `yaml:"AttributeName"`
	Type string `yaml:"KeyType"`
}

type index struct {
	Name       string       `yaml:"IndexName"`
	KeySchema  []keyElement `yaml:"KeySchema"`
	Projection struct {
		Type string `yaml:"ProjectionType"`
	} `yaml:"Projection"`
}

// read reads the tables out of template.yaml, once; by the last part of their names.
var read = sync.OnceValues(func() (map[string]table, error) {
	root, err := checkout.Root()
	if err != nil {
		return nil, err
	}
	body, err := os.ReadFile(filepath.Join(root, "template.yaml")) //nolint:gosec // our own file
	if err != nil {
		return nil, err
	}
	var template struct {
		Resources map[string]struct {
			Type       string    `yaml:"Type"`
			Properties yaml.Node `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(body, &template); err != nil {
		return nil, fmt.Errorf("template.yaml: %w", err)
	}
	tables := make(map[string]table)
	for id, resource := range template.Resources {
		if resource.Type != "AWS::DynamoDB::Table" {
			continue
		}
		var one table
		if err := resource.Properties.Decode(&one); err != nil {
			return nil, fmt.Errorf("template.yaml: %s: %w", id, err)
		}
		tables[one.TableName[strings.LastIndexByte(one.TableName, '-')+1:]] = one
	}
	return tables, nil
})

func (d table) input(name string) *dynamodb.CreateTableInput {
	input := &dynamodb.CreateTableInput{TableName: &name, BillingMode: types.BillingModePayPerRequest, KeySchema: keySchema(d.KeySchema)}
	for _, a := range d.AttributeDefinitions {
		input.AttributeDefinitions = append(input.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: &a.Name, AttributeType: types.ScalarAttributeType(a.Type),
		})
	}
	for _, index := range d.Indexes {
		input.GlobalSecondaryIndexes = append(input.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: &index.Name, KeySchema: keySchema(index.KeySchema),
			Projection: &types.Projection{ProjectionType: types.ProjectionType(index.Projection.Type)},
		})
	}
	return input
}

func keySchema(elements []keyElement) []types.KeySchemaElement {
	var schema []types.KeySchemaElement
	for _, e := range elements {
		schema = append(schema, types.KeySchemaElement{AttributeName: &e.Name, KeyType: types.KeyType(e.Type)})
	}
	return schema
}
