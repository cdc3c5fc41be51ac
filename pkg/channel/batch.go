package channel

// BatchSchema is the version of Batch's layout; readers accept the one before.
const BatchSchema = 1

// MaxBatchBytes is the most that a batch takes as JSON; a message of SQS takes 262,144.
const MaxBatchBytes = 200 << 10

// Batch is a message of the queue between the webhooks and the function channel-events: events of one workspace, those of one person together
// and in the order in which they came.
type Batch struct {
	Schema    int     `json:"schema"`
	Workspace string  `json:"workspace"`
	Events    []Event `json:"events"`
}
