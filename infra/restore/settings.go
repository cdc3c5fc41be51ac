package restore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// settings are what a table is beside its items. A restored table has neither expiry nor recovery, protection or tags.
type settings struct {
	ARN         string            `json:"arn"`
	BillingMode string            `json:"billingMode"`
	Encryption  string            `json:"encryption"` // ARN of the key; empty for the one that DynamoDB owns
	Protected   bool              `json:"protected"`
	Recovery    bool              `json:"recovery"`
	Expiry      string            `json:"expiry"` // the attribute; empty when nothing expires
	Tags        map[string]string `json:"tags"`
	Indexes     []string          `json:"indexes"`
	// Warm is what the table and each index serve at once; the table's own is under the empty name.
	Warm map[string]throughput `json:"warm"`
}

type throughput struct{ Read, Write int64 }

// describe reads a table's settings.
func (r *run) describe(ctx context.Context, table string) (settings, error) {
	described, err := r.DynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		return settings{}, err
	}
	t := described.Table
	s := settings{
		ARN: aws.ToString(t.TableArn), Protected: aws.ToBool(t.DeletionProtectionEnabled),
		Warm: map[string]throughput{}, Tags: map[string]string{},
	}
	if t.BillingModeSummary != nil {
		s.BillingMode = string(t.BillingModeSummary.BillingMode)
	}
	if t.SSEDescription != nil {
		s.Encryption = aws.ToString(t.SSEDescription.KMSMasterKeyArn)
	}
	if w := t.WarmThroughput; w != nil {
		s.Warm[""] = throughput{aws.ToInt64(w.ReadUnitsPerSecond), aws.ToInt64(w.WriteUnitsPerSecond)}
	}
	for _, index := range t.GlobalSecondaryIndexes {
		s.Indexes = append(s.Indexes, aws.ToString(index.IndexName))
		if w := index.WarmThroughput; w != nil {
			s.Warm[aws.ToString(index.IndexName)] = throughput{aws.ToInt64(w.ReadUnitsPerSecond), aws.ToInt64(w.WriteUnitsPerSecond)}
		}
	}
	slices.Sort(s.Indexes)
	return s, r.describeApart(ctx, table, &s)
}

// describeApart reads what DescribeTable does not say.
func (r *run) describeApart(ctx context.Context, table string, s *settings) error {
	expiry, err := r.DynamoDB.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &table})
	if err != nil {
		return err
	}
	if d := expiry.TimeToLiveDescription; d != nil && enabled(d.TimeToLiveStatus) {
		s.Expiry = aws.ToString(d.AttributeName)
	}
	backups, err := r.DynamoDB.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &table})
	if err != nil {
		return err
	}
	if p := recoveryOf(backups); p != nil {
		s.Recovery = p.PointInTimeRecoveryStatus == types.PointInTimeRecoveryStatusEnabled
	}
	for token := (*string)(nil); ; {
		tags, err := r.DynamoDB.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: &s.ARN, NextToken: token})
		if err != nil {
			return err
		}
		for _, tag := range tags.Tags {
			s.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		if token = tags.NextToken; token == nil {
			return nil
		}
	}
}

func enabled(status types.TimeToLiveStatus) bool {
	return status == types.TimeToLiveStatusEnabled || status == types.TimeToLiveStatusEnabling
}

func recoveryOf(answer *dynamodb.DescribeContinuousBackupsOutput) *types.PointInTimeRecoveryDescription {
	if answer.ContinuousBackupsDescription == nil {
		return nil
	}
	return answer.ContinuousBackupsDescription.PointInTimeRecoveryDescription
}

// giveSettings gives each restored table what the one before had.
func (r *run) giveSettings(ctx context.Context) error {
	for _, table := range r.tables() {
		is, err := r.describe(ctx, table)
		if err != nil {
			return err
		}
		if err := r.give(ctx, table, is, r.state.Tables[table]); err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
	}
	return nil
}

func (r *run) give(ctx context.Context, table string, is, was settings) error {
	if !is.Protected && was.Protected {
		if err := r.protect(ctx, table, true); err != nil {
			return err
		}
	}
	if !is.Recovery && was.Recovery {
		if err := r.enableRecovery(ctx, table); err != nil {
			return err
		}
	}
	if is.Expiry == "" && was.Expiry != "" {
		spec := &types.TimeToLiveSpecification{AttributeName: &was.Expiry, Enabled: aws.Bool(true)}
		if _, err := r.DynamoDB.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
			TableName: &table, TimeToLiveSpecification: spec,
		}); err != nil {
			return err
		}
	}
	if err := r.giveTags(ctx, is, was); err != nil {
		return err
	}
	return r.giveWarmth(ctx, table, is, was)
}

// enableRecovery switches point-in-time recovery on. DynamoDB says for some moments that a new table's is not there
// yet.
func (r *run) enableRecovery(ctx context.Context, table string) error {
	return r.until(ctx, "enable recovery", func() (bool, error) {
		_, err := r.DynamoDB.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{
			TableName:                        &table,
			PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)},
		})
		if isA[*types.ContinuousBackupsUnavailableException](err) {
			return false, nil
		}
		return err == nil, err
	})
}

func (r *run) giveTags(ctx context.Context, is, was settings) error {
	var tags []types.Tag
	for key, value := range was.Tags {
		// Keys that begin with aws: are CloudFormation's own; nobody else may set them.
		if have, ok := is.Tags[key]; (!ok || have != value) && !reserved(key) {
			tags = append(tags, types.Tag{Key: aws.String(key), Value: aws.String(value)})
		}
	}
	if len(tags) == 0 {
		return nil
	}
	_, err := r.DynamoDB.TagResource(ctx, &dynamodb.TagResourceInput{ResourceArn: &is.ARN, Tags: tags})
	return err
}

// giveWarmth raises the throughput to what it was: a restored table begins as a new one.
func (r *run) giveWarmth(ctx context.Context, table string, is, was settings) error {
	update := &dynamodb.UpdateTableInput{TableName: &table}
	for _, name := range slices.Sorted(maps.Keys(was.Warm)) {
		wanted, have := was.Warm[name], is.Warm[name]
		if wanted.Read <= have.Read && wanted.Write <= have.Write {
			continue
		}
		warm := &types.WarmThroughput{
			ReadUnitsPerSecond:  aws.Int64(max(wanted.Read, have.Read)),
			WriteUnitsPerSecond: aws.Int64(max(wanted.Write, have.Write)),
		}
		if name == "" {
			update.WarmThroughput = warm
			continue
		}
		update.GlobalSecondaryIndexUpdates = append(update.GlobalSecondaryIndexUpdates, types.GlobalSecondaryIndexUpdate{
			Update: &types.UpdateGlobalSecondaryIndexAction{IndexName: aws.String(name), WarmThroughput: warm},
		})
	}
	if update.WarmThroughput == nil && update.GlobalSecondaryIndexUpdates == nil {
		return nil
	}
	_, err := r.DynamoDB.UpdateTable(ctx, update)
	return err
}

// compare ends the restore with an error that names what a table still lacks; the writers stay stopped then.
func (r *run) compare(ctx context.Context) error {
	for _, table := range r.tables() {
		was := r.state.Tables[table]
		err := r.until(ctx, "table "+table, func() (bool, error) {
			is, err := r.describe(ctx, table)
			if err != nil {
				return false, err
			}
			if waiting := was.Warm[""].Read > is.Warm[""].Read || was.Warm[""].Write > is.Warm[""].Write; waiting {
				return false, nil // it is raised gradually
			}
			return true, differences(is, was)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func differences(is, was settings) error {
	for _, d := range []struct {
		name    string
		is, was any
	}{
		{"billing mode", is.BillingMode, was.BillingMode}, {"encryption", is.Encryption, was.Encryption},
		{"deletion protection", is.Protected, was.Protected}, {"point-in-time recovery", is.Recovery, was.Recovery},
		{"expiry", is.Expiry, was.Expiry}, {"indexes", is.Indexes, was.Indexes}, {"tags", own(is.Tags), own(was.Tags)},
	} {
		if !reflect.DeepEqual(d.is, d.was) {
			return fmt.Errorf("its %s was %v and is %v; set it by hand and run the command again", d.name, d.was, d.is)
		}
	}
	return nil
}

// own leaves CloudFormation's tags out.
func own(tags map[string]string) map[string]string {
	kept := map[string]string{}
	for key, value := range tags {
		if !reserved(key) {
			kept[key] = value
		}
	}
	return kept
}

func reserved(key string) bool { return len(key) >= 4 && key[:4] == "aws:" }

func (r *run) protect(ctx context.Context, table string, on bool) error {
	_, err := r.DynamoDB.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: &table, DeletionProtectionEnabled: &on})
	return err
}

// tables are the names of the stack's tables, in order.
func (r *run) tables() []string {
	names := make([]string, 0, 3)
	for _, name := range []string{"contacts", "timeline", "jobs"} {
		names = append(names, cmp.Or(r.Stack, r.state.Stack)+"-"+name)
	}
	return names
}
