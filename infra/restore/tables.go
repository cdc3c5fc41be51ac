package restore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// past is the name of the table that holds a table's past.
func past(table string) string { return table + "-then" }

// remember keeps the tables' settings, and refuses a second that they cannot be set back to, before anything is made.
func (r *run) remember(ctx context.Context) error {
	r.state.Tables = map[string]settings{}
	for _, table := range r.tables() {
		is, err := r.describe(ctx, table)
		if err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
		if !r.Rehearsal {
			if err := r.reachable(ctx, table); err != nil {
				return err
			}
		}
		r.state.Tables[table] = is
	}
	return nil
}

// reachable reports an error when the second is not within the table's recovery window.
func (r *run) reachable(ctx context.Context, table string) error {
	answer, err := r.DynamoDB.DescribeContinuousBackups(ctx, &dynamodb.DescribeContinuousBackupsInput{TableName: &table})
	if err != nil {
		return err
	}
	window := recoveryOf(answer)
	if window == nil || window.PointInTimeRecoveryStatus != types.PointInTimeRecoveryStatusEnabled {
		return fmt.Errorf("table %s has no point-in-time recovery: it can only be restored from a backup, by hand", table)
	}
	first, last := window.EarliestRestorableDateTime, window.LatestRestorableDateTime
	if first != nil && r.state.At.Before(*first) || last != nil && r.state.At.After(*last) {
		return fmt.Errorf("table %s can be set back to a second from %s to %s; AT is %s",
			table, first.Format(time.RFC3339), last.Format(time.RFC3339), r.state.At.Format(time.RFC3339))
	}
	return nil
}

// restorePast makes the past of all three tables, at the same second: one transaction may have written to all.
func (r *run) restorePast(ctx context.Context) error {
	for _, table := range r.tables() {
		_, err := r.DynamoDB.RestoreTableToPointInTime(ctx, &dynamodb.RestoreTableToPointInTimeInput{
			SourceTableName: &table, TargetTableName: aws.String(past(table)), RestoreDateTime: &r.state.At,
			SSESpecificationOverride: encryption(r.state.Tables[table]),
		})
		// A run before this one may have begun it.
		if err != nil && !isA[*types.TableAlreadyExistsException](err) && !isA[*types.TableInUseException](err) {
			return err
		}
	}
	for _, table := range r.tables() {
		if err := r.active(ctx, past(table)); err != nil {
			return err
		}
		r.say("  %s is there to be looked at", past(table))
	}
	return nil
}

// encryption is nil for the key that DynamoDB owns.
func encryption(was settings) *types.SSESpecification {
	if was.Encryption == "" {
		return nil
	}
	return &types.SSESpecification{Enabled: aws.Bool(true), SSEType: types.SSETypeKms, KMSMasterKeyId: aws.String(was.Encryption)}
}

// backUp makes a backup of each past: only a backup can take the name of a table that was deleted.
func (r *run) backUp(ctx context.Context) error {
	r.state.Backups = map[string]string{}
	for _, table := range r.tables() {
		// A run before this one may have made it, and not have heard of it.
		made, err := r.backups(ctx, table)
		if err != nil {
			return err
		}
		if len(made) == 0 {
			answer, err := r.DynamoDB.CreateBackup(ctx, &dynamodb.CreateBackupInput{
				TableName: aws.String(past(table)), BackupName: aws.String(past(table)),
			})
			if err != nil {
				return err
			}
			made = []string{aws.ToString(answer.BackupDetails.BackupArn)}
		}
		r.state.Backups[table] = made[0]
		err = r.until(ctx, "backup of "+past(table), func() (bool, error) {
			backup, err := r.DynamoDB.DescribeBackup(ctx, &dynamodb.DescribeBackupInput{BackupArn: &made[0]})
			if err != nil {
				return false, err
			}
			return backup.BackupDescription.BackupDetails.BackupStatus == types.BackupStatusAvailable, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// backups lists the ARNs of the backups that restores made of a table's past.
func (r *run) backups(ctx context.Context, table string) (arns []string, err error) {
	for start := (*string)(nil); ; {
		page, err := r.DynamoDB.ListBackups(ctx, &dynamodb.ListBackupsInput{
			TableName: aws.String(past(table)), BackupType: types.BackupTypeFilterUser, ExclusiveStartBackupArn: start,
		})
		if err != nil {
			return nil, err
		}
		for _, backup := range page.BackupSummaries {
			if aws.ToString(backup.BackupName) == past(table) && backup.BackupStatus != types.BackupStatusDeleted {
				arns = append(arns, aws.ToString(backup.BackupArn))
			}
		}
		if start = page.LastEvaluatedBackupArn; start == nil {
			return arns, nil
		}
	}
}

// replaceTables puts the past in the place of the present, one table after the other.
func (r *run) replaceTables(ctx context.Context) error {
	r.state.Replacing = true
	if r.state.Replaced == nil {
		r.state.Replaced = map[string]bool{}
	}
	if err := r.save(); err != nil {
		return err
	}
	for _, table := range r.tables() {
		if r.state.Replaced[table] {
			continue
		}
		if err := r.replaceTable(ctx, table); err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
		r.state.Replaced[table] = true
		if err := r.save(); err != nil {
			return err
		}
		r.say("  %s is as it was at %s", table, r.state.At.Format(time.RFC3339))
	}
	return nil
}

// replaceTable deletes a table and restores its backup. A table that is restored already is told from the one before
// by where it came from.
func (r *run) replaceTable(ctx context.Context, table string) error {
	backup := r.state.Backups[table]
	described, err := r.DynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	switch {
	case isA[*types.ResourceNotFoundException](err):
	case err != nil:
		return err
	case described.Table.RestoreSummary != nil && aws.ToString(described.Table.RestoreSummary.SourceBackupArn) == backup:
		return r.active(ctx, table)
	default:
		if err := r.deleteTable(ctx, table); err != nil {
			return err
		}
	}
	_, err = r.DynamoDB.RestoreTableFromBackup(ctx, &dynamodb.RestoreTableFromBackupInput{
		TargetTableName: &table, BackupArn: &backup, SSESpecificationOverride: encryption(r.state.Tables[table]),
	})
	if err != nil {
		return err
	}
	return r.active(ctx, table)
}

// deleteTable deletes a table that may be protected, and waits until its name is free. DynamoDB keeps a backup of a
// deleted table that had point-in-time recovery for 35 days.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
func (r *run) deleteTable(ctx context.Context, table string) error {
	if err := r.protect(ctx, table, false); err != nil && !isA[*types.ResourceNotFoundException](err) {
		return err
	}
	return r.until(ctx, "delete "+table, func() (bool, error) {
		_, err := r.DynamoDB.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table})
		if isA[*types.ResourceNotFoundException](err) {
			return true, nil
		}
		if isA[*types.ResourceInUseException](err) {
			return false, nil // being updated, or being deleted
		}
		return false, err
	})
}

// active waits until a table and its indexes can be used.
func (r *run) active(ctx context.Context, table string) error {
	return r.until(ctx, "table "+table, func() (bool, error) {
		described, err := r.DynamoDB.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
		if isA[*types.ResourceNotFoundException](err) {
			return false, nil // not shown yet
		}
		if err != nil {
			return false, err
		}
		for _, index := range described.Table.GlobalSecondaryIndexes {
			if index.IndexStatus != types.IndexStatusActive {
				return false, nil
			}
		}
		return described.Table.TableStatus == types.TableStatusActive, nil
	})
}

// removePast deletes what the restore made beside the present: copies of people's data, which nothing else would
// remove.
func (r *run) removePast(ctx context.Context) error {
	for _, table := range r.tables() {
		if err := r.deleteTable(ctx, past(table)); err != nil {
			return err
		}
		arns, err := r.backups(ctx, table)
		if err != nil {
			return err
		}
		for _, arn := range arns {
			_, err := r.DynamoDB.DeleteBackup(ctx, &dynamodb.DeleteBackupInput{BackupArn: &arn})
			if err != nil && !isA[*types.BackupNotFoundException](err) {
				return err
			}
		}
	}
	return nil
}

// isA reports whether an error is, or wraps, one of a type.
func isA[E error](err error) bool {
	_, is := errors.AsType[E](err)
	return is
}
