// Package config is the one place that reads the functions' environment variables. template.yaml sets them; a missing one is
// a fault of the deployment, so a function refuses to start without it.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"time"
)

// Tables are the DynamoDB tables, which every function uses.
type Tables struct {
	Contacts string // CONTACTS_TABLE
	Timeline string // TIMELINE_TABLE
	Jobs     string // JOBS_TABLE
}

// API is the configuration of functions/api.
type API struct {
	Tables         Tables
	LogLevel       slog.Level // LOG_LEVEL
	UploadsBucket  string     // UPLOADS_BUCKET
	ExportsBucket  string     // EXPORTS_BUCKET
	MaxUploadBytes int64      // MAX_UPLOAD_BYTES
	PublicBaseURL  string     // PUBLIC_BASE_URL, may be empty

	ImportParseFunction string        // IMPORT_PARSE_FUNCTION: name, to be called asynchronously
	ExportFunction      string        // EXPORT_FUNCTION
	ExportsKept         time.Duration // EXPORT_DAYS: how long the bucket keeps exports
	Schedules           Schedules
	SecretsKey          string // SECRETS_KEY: the ARN of the KMS key of channel accounts' secrets and of the storage's
}

// Webhooks is the configuration of functions/webhooks.
type Webhooks struct {
	Tables         Tables
	LogLevel       slog.Level
	SecretsKey     string // SECRETS_KEY
	QueueURL       string // CHANNEL_EVENTS_QUEUE_URL
	DeadLettersURL string // CHANNEL_EVENTS_DLQ_URL
	PublicBaseURL  string // PUBLIC_BASE_URL, which Twilio signs; may be empty
}

// ImportParse is the configuration of functions/import-parse.
type ImportParse struct {
	Tables         Tables
	LogLevel       slog.Level
	UploadsBucket  string        // UPLOADS_BUCKET
	ExportsBucket  string        // EXPORTS_BUCKET
	WriteQueueURL  string        // IMPORT_WRITE_QUEUE_URL
	FailuresURL    string        // IMPORT_PARSE_DLQ_URL: the failure destination of asynchronous calls
	MaxUploadBytes int64         // MAX_UPLOAD_BYTES
	MaxUploadRows  int           // MAX_UPLOAD_ROWS
	MaxDropBytes   int64         // MAX_DROP_BYTES
	MaxDropRows    int           // MAX_DROP_ROWS
	Retry          time.Duration // RETRY_SECONDS: visibility time-out of the work queue
	SecretsKey     string        // SECRETS_KEY
}

// ImportWrite is the configuration of functions/import-write.
type ImportWrite struct {
	Tables         Tables
	LogLevel       slog.Level
	ExportsBucket  string // EXPORTS_BUCKET
	QueueURL       string // IMPORT_WRITE_QUEUE_URL
	DeadLettersURL string // IMPORT_WRITE_DLQ_URL
	DeadLettersARN string // IMPORT_WRITE_DLQ_ARN
	MaxReceives    int    // MAX_RECEIVES: deliveries before a chunk goes to the dead letters
}

// Schedules say what the schedules of exports call.
type Schedules struct {
	Group    string // SCHEDULE_GROUP: of EventBridge Scheduler, in which they lie
	Function string // SCHEDULE_TARGET_ARN
	Role     string // SCHEDULE_ROLE_ARN: with which it is called
}

// Export is the configuration of functions/export.
type Export struct {
	Tables         Tables
	LogLevel       slog.Level
	ExportsBucket  string        // EXPORTS_BUCKET
	ExportFunction string        // EXPORT_FUNCTION: its own name, by which it calls itself
	Patience       time.Duration // EXPORT_PATIENCE_SECONDS: how long a run may be without progress before another takes its place
	Schedules      Schedules
}

// ChannelEvents is the configuration of functions/channel-events.
type ChannelEvents struct {
	Tables         Tables
	LogLevel       slog.Level
	QueueURL       string // CHANNEL_EVENTS_QUEUE_URL
	DeadLettersURL string // CHANNEL_EVENTS_DLQ_URL
	SecretsKey     string // SECRETS_KEY
}

// LoadChannelEvents reads the configuration of functions/channel-events.
func LoadChannelEvents() (ChannelEvents, error) {
	var e environment
	return ChannelEvents{
		Tables: e.tables(), LogLevel: e.level(), QueueURL: e.text("CHANNEL_EVENTS_QUEUE_URL"), DeadLettersURL: e.text("CHANNEL_EVENTS_DLQ_URL"),
		SecretsKey: e.text("SECRETS_KEY"),
	}, e.err()
}

// LoadAPI reads the configuration of functions/api.
func LoadAPI() (API, error) {
	var e environment
	return API{
		Tables: e.tables(), LogLevel: e.level(), UploadsBucket: e.text("UPLOADS_BUCKET"), ExportsBucket: e.text("EXPORTS_BUCKET"),
		MaxUploadBytes: e.number("MAX_UPLOAD_BYTES"), PublicBaseURL: os.Getenv("PUBLIC_BASE_URL"),
		ImportParseFunction: e.text("IMPORT_PARSE_FUNCTION"), ExportFunction: e.text("EXPORT_FUNCTION"),
		ExportsKept: time.Duration(e.number("EXPORT_DAYS")) * 24 * time.Hour, Schedules: e.schedules(), SecretsKey: e.text("SECRETS_KEY"),
	}, e.err()
}

// LoadWebhooks reads the configuration of functions/webhooks.
func LoadWebhooks() (Webhooks, error) {
	var e environment
	return Webhooks{
		Tables: e.tables(), LogLevel: e.level(), SecretsKey: e.text("SECRETS_KEY"), QueueURL: e.text("CHANNEL_EVENTS_QUEUE_URL"),
		DeadLettersURL: e.text("CHANNEL_EVENTS_DLQ_URL"), PublicBaseURL: os.Getenv("PUBLIC_BASE_URL"),
	}, e.err()
}

// LoadImportParse reads the configuration of functions/import-parse.
func LoadImportParse() (ImportParse, error) {
	var e environment
	return ImportParse{
		Tables: e.tables(), LogLevel: e.level(), UploadsBucket: e.text("UPLOADS_BUCKET"), ExportsBucket: e.text("EXPORTS_BUCKET"),
		WriteQueueURL: e.text("IMPORT_WRITE_QUEUE_URL"), FailuresURL: e.text("IMPORT_PARSE_DLQ_URL"),
		MaxUploadBytes: e.number("MAX_UPLOAD_BYTES"), MaxUploadRows: int(e.number("MAX_UPLOAD_ROWS")),
		MaxDropBytes: e.number("MAX_DROP_BYTES"), MaxDropRows: int(e.number("MAX_DROP_ROWS")),
		Retry: time.Duration(e.number("RETRY_SECONDS")) * time.Second, SecretsKey: e.text("SECRETS_KEY"),
	}, e.err()
}

// LoadImportWrite reads the configuration of functions/import-write.
func LoadImportWrite() (ImportWrite, error) {
	var e environment
	return ImportWrite{
		Tables: e.tables(), LogLevel: e.level(), ExportsBucket: e.text("EXPORTS_BUCKET"),
		QueueURL: e.text("IMPORT_WRITE_QUEUE_URL"), DeadLettersURL: e.text("IMPORT_WRITE_DLQ_URL"),
		DeadLettersARN: e.text("IMPORT_WRITE_DLQ_ARN"), MaxReceives: int(e.number("MAX_RECEIVES")),
	}, e.err()
}

// LoadExport reads the configuration of functions/export.
func LoadExport() (Export, error) {
	var e environment
	return Export{
		Tables: e.tables(), LogLevel: e.level(), ExportsBucket: e.text("EXPORTS_BUCKET"), ExportFunction: e.text("EXPORT_FUNCTION"),
		Patience: time.Duration(e.number("EXPORT_PATIENCE_SECONDS")) * time.Second, Schedules: e.schedules(),
	}, e.err()
}

// environment reads variables and collects what is wrong with them, so that all of it is said at once.
type environment struct{ faults []error }

// err names every variable that is missing or wrong. It is a call, as those that read are: only calls are sure to be made in their order.
func (e *environment) err() error { return errors.Join(e.faults...) }

func (e *environment) text(name string) string {
	value := os.Getenv(name)
	if value == "" {
		e.faults = append(e.faults, fmt.Errorf("config: the environment variable %s is missing; template.yaml sets it", name))
	}
	return value
}

func (e *environment) number(name string) int64 {
	text := e.text(name)
	if text == "" {
		return 0
	}
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil || value < 1 {
		e.faults = append(e.faults, fmt.Errorf("config: the environment variable %s is a positive whole number, not %q", name, text))
	}
	return value
}

func (e *environment) tables() Tables {
	return Tables{Contacts: e.text("CONTACTS_TABLE"), Timeline: e.text("TIMELINE_TABLE"), Jobs: e.text("JOBS_TABLE")}
}

func (e *environment) schedules() Schedules {
	return Schedules{e.text("SCHEDULE_GROUP"), e.text("SCHEDULE_TARGET_ARN"), e.text("SCHEDULE_ROLE_ARN")}
}

func (e *environment) level() slog.Level {
	var level slog.Level
	if text := os.Getenv("LOG_LEVEL"); text != "" {
		if err := level.UnmarshalText([]byte(text)); err != nil {
			e.faults = append(e.faults, fmt.Errorf("config: LOG_LEVEL is debug, info, warn or error, not %q", text))
		}
	}
	return level
}
