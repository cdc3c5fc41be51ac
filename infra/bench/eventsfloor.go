package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"
)

// floorTransport keeps a connection for each worker.
var floorTransport = &http.Transport{MaxIdleConnsPerHost: 64}

// webhookFloor is a program that does only what no webhook can do without: it reads the account, strongly, and sends a message. KMS is not
// asked, as the function remembers what it opened.
type webhookFloor struct {
	tables  *dynamodb.Client
	account map[string]types.AttributeValue
	queues  *sqs.Client
	queue   *string // one of its own, at the same endpoint
}

// floorMessage is as long as the message of one event.
var floorMessage = strings.Repeat("x", 550)

func (i *inbox) webhookFloor(ctx context.Context) (*webhookFloor, error) {
	queue, err := i.queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("bench-floor")})
	if err != nil {
		return nil, err
	}
	account := stringItem(map[string]string{"pk": "@account#whatsapp:" + i.account, "sk": "A"})
	return &webhookFloor{i.dynamoDB(floorTransport), account, i.queues, queue.QueueUrl}, nil
}

func (f *webhookFloor) once(ctx context.Context) error {
	found, err := f.tables.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("contacts-jobs"), Key: f.account, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return err
	}
	if found.Item == nil {
		return fmt.Errorf("there is no account at %v", f.account)
	}
	sent, err := f.queues.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{
		QueueUrl: f.queue, Entries: []sqstypes.SendMessageBatchRequestEntry{{Id: aws.String("0"), MessageBody: &floorMessage}},
	})
	if err == nil && len(sent.Failed) > 0 {
		err = fmt.Errorf("a message was refused: %s", aws.ToString(sent.Failed[0].Message))
	}
	return err
}

// eventsFloorWorkers are the numbers of workers tried; the best counts. channel-events has 50 people at most under way, ten a delivery.
var eventsFloorWorkers = []int{4, 8, 16, 50}

// eventsFloorRate returns messages of new senders a second at the best concurrency: each is written as an event is, in a transaction, and
// nothing is read, checked or decided.
func eventsFloorRate(ctx context.Context, client *dynamodb.Client, messages int) (rate float64, workers int, err error) {
	for _, n := range eventsFloorWorkers {
		workspace := fmt.Sprintf("heard%d-%d", n, time.Now().UnixNano())
		took, err := timed(func() error { return eventsFloorWrite(ctx, client, workspace, messages, n) })
		if err != nil {
			return 0, 0, fmt.Errorf("floor: %w", err)
		}
		if got := float64(messages) / took.Seconds(); got > rate {
			rate, workers = got, n
		}
	}
	return rate, workers, nil
}

func eventsFloorWrite(ctx context.Context, client *dynamodb.Client, workspace string, messages, workers int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for n := range messages {
		group.Go(func() error {
			_, err := client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: eventsFloorPuts(workspace, n)})
			return err
		})
	}
	return group.Wait()
}

// eventsFloorPuts are what the first message of a sender leaves: a contact with its four index entries, the claims of phone and identity, the
// entry by channel, and a conversation with one; of the sizes that channel-events writes.
func eventsFloorPuts(workspace string, n int) []types.TransactWriteItem {
	id := fmt.Sprintf("%08x-0000-4000-8000-%012x", n*2654435761%(1<<32), n)
	talk := "c" + id[1:]
	number, account, at := fmt.Sprintf("2010%08d", n), "106540352242922", "2026-01-01T00:00:00.000Z"
	shard, byTime, said := fmt.Sprint(spread(id, 8)), at+"#"+id, at+"#0123456789ab"
	first := "person" + number
	return []types.TransactWriteItem{
		floorPut("contacts-contacts", map[string]string{
			"pk": workspace + "#C#" + fmt.Sprint(spread(id, 32)), "sk": id + "#A", "id": id, "workspace": workspace, "writeId": id, "shard": shard,
			"version": "1", "schema": "1", "conversationCount": "1", "phone": "+" + number, "phoneSaid": said, "phoneBy": "channel",
			"channel": "whatsapp", "createdByType": "channel", "createdById": account, "createdAt": at, "updatedAt": at, "lastInteractionAt": at,
			"createdShard": workspace + "#L#" + shard, "createdKey": byTime, "spokenShard": workspace + "#T#" + shard, "spokenKey": byTime,
			"nameShard": workspace + "#N#" + shard, "nameKey": first + " tester\x01" + id,
			"wordShard": workspace + "#W#" + shard, "wordKey": "tester " + first + "\x01" + id,
			"identities": fmt.Sprintf(`[{"channel":"whatsapp","accountId":%q,"externalId":%q,"profileName":"%s tester","firstSeenAt":%q,"lastSeenAt":%q,`+
				`"conversationId":%q,"profileSaid":%q}]`, account, number, first, at, at, talk, said),
		}),
		floorPut("contacts-contacts", map[string]string{
			"pk": fmt.Sprintf("%s#P#%d", workspace, spread(number, 16)), "sk": reversed(number), "contactId": id, "writeId": id, "schema": "1",
		}),
		floorPut("contacts-contacts", map[string]string{
			"pk": workspace + "#I#whatsapp#" + account + "#" + number, "sk": "I", "contactId": id, "conversationId": talk, "writeId": id, "schema": "1",
		}),
		floorPut("contacts-contacts", map[string]string{
			"pk": workspace + "#F#channel#whatsapp#" + shard, "sk": byTime, "contactId": id, "value": "whatsapp", "writeId": id, "schema": "1",
		}),
		floorPut("contacts-timeline", map[string]string{
			"pk": workspace + "#V#" + talk, "sk": "A", "id": talk, "workspace": workspace, "contactId": id, "channel": "whatsapp", "accountId": account,
			"startedAt": at, "lastMessageAt": at, "writeId": id, "schema": "1", "ownerShard": workspace + "#O#" + id + "#V", "ownerKey": at + "#" + talk,
		}),
	}
}

func floorPut(table string, values map[string]string) types.TransactWriteItem {
	absent := "attribute_not_exists(pk)"
	return types.TransactWriteItem{Put: &types.Put{TableName: &table, Item: stringItem(values), ConditionExpression: &absent}}
}
