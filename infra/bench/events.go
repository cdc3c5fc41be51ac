package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/occ/contacts/infra/local/stack"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

const (
	webhookWarm  = 200
	webhookCalls = 1_000
	eventsCount  = 1_000 // messages of a round
	eventsRounds = 3
	burstLeast   = 0.30 // of the rate of as many senders
)

// events measures what function webhooks takes for a message, and how many a second function channel-events applies, of many senders and
// of one.
func (b *bench) events(ctx context.Context) (err error) {
	box, err := b.openInbox(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.close(ctx)) }()
	if err := box.webhookTimes(ctx); err != nil {
		return err
	}
	if _, err := box.drain(ctx, webhookWarm+webhookCalls); err != nil { // which warms channel-events up
		return fmt.Errorf("warm-up: %w", err)
	}
	return box.applied(ctx)
}

// webhookTimes measures webhooks one after the other, each after its floor.
func (i *inbox) webhookTimes(ctx context.Context) error {
	floor, err := i.webhookFloor(ctx)
	if err != nil {
		return err
	}
	var ours, floors []time.Duration
	for n := range webhookWarm + webhookCalls {
		least, err := timed(func() error { return floor.once(ctx) })
		if err != nil {
			return fmt.Errorf("floor: %w", err)
		}
		took, err := i.receive(ctx, numberOf(n), n)
		if err != nil {
			return err
		}
		if n >= webhookWarm {
			ours, floors = append(ours, took), append(floors, least)
		}
	}
	p50, p99, floor50, floor99 := percentile(ours, 50), percentile(ours, 99), percentile(floors, 50), percentile(floors, 99)
	fmt.Printf("webhook of one message, at the function (its Runtime API is ours, without the emulator's front), %d one after the other: "+
		"p50 %.2f ms, p99 %.2f ms\n", webhookCalls, ms(p50), ms(p99))
	fmt.Printf("  one read of the account and one message sent, alone: p50 %.2f ms, p99 %.2f ms; the webhook takes %.2f and %.2f times that\n",
		ms(floor50), ms(floor99), p50.Seconds()/floor50.Seconds(), p99.Seconds()/floor99.Seconds())
	return nil
}

// applied measures rounds of messages of as many senders, of one sender, and of the floor; the medians are compared.
func (i *inbox) applied(ctx context.Context) error {
	var many, burst, floors []time.Duration
	first := webhookWarm + webhookCalls
	for range eventsRounds {
		took, err := i.round(ctx, first, numberOf)
		if err != nil {
			return fmt.Errorf("of many senders: %w", err)
		}
		many, first = append(many, took), first+eventsCount
		one := numberOf(first)
		if took, err = i.round(ctx, first, func(int) string { return one }); err != nil {
			return fmt.Errorf("of one sender: %w", err)
		}
		burst, first = append(burst, took), first+eventsCount
		rate, workers, err := eventsFloorRate(ctx, i.dynamoDB(floorTransport), eventsCount)
		if err != nil {
			return err
		}
		floors = append(floors, time.Duration(float64(time.Second)*eventsCount/rate))
		fmt.Printf("  %d events, queue to tables: of as many senders %.0f/s, of one %.0f/s, floor %.0f/s with %d workers\n",
			eventsCount, eventsCount/many[len(many)-1].Seconds(), eventsCount/took.Seconds(), rate, workers)
	}
	fmt.Printf("events applied, of %d new senders: %.0f events/s, %.2f of the floor\n",
		eventsCount, eventsCount/median(many).Seconds(), median(floors).Seconds()/median(many).Seconds())
	fmt.Printf("  a burst of one sender: %.0f events/s, %s\n", eventsCount/median(burst).Seconds(),
		i.atLeastOf("events of one sender", "the rate of many", median(many).Seconds()/median(burst).Seconds(), burstLeast))
	return nil
}

// round has messages from number first on taken, each by a webhook of its own, then applied, and says how long the latter took.
func (i *inbox) round(ctx context.Context, first int, writer func(n int) string) (time.Duration, error) {
	latest := map[string]int{}
	for n := first; n < first+eventsCount; n++ {
		if _, err := i.receive(ctx, writer(n), n); err != nil {
			return 0, err
		}
		latest[writer(n)] = n
	}
	took, err := i.drain(ctx, eventsCount)
	if err != nil {
		return 0, err
	}
	return took, i.check(ctx, latest)
}

// drain has channel-events take the messages that wait, and says how long that took from the first one taken to the last one deleted, which
// is when its events are in the tables: one that failed would come back. It asks the queue, which costs less than the tables would. A
// message may be there twice, as anything that SQS was sent may.
func (i *inbox) drain(ctx context.Context, messages int) (time.Duration, error) {
	sent, _, err := stack.InQueue(ctx, i.queues, i.queue)
	if err == nil && sent < messages {
		err = fmt.Errorf("the queue holds %d messages of %d", sent, messages)
	}
	if err != nil {
		return 0, err
	}
	if err := i.setDelivery(ctx, "channel-events", true); err != nil {
		return 0, err
	}
	began := time.Now()
	for asked := began; time.Since(began) < 2*time.Minute; time.Sleep(10 * time.Millisecond) {
		waiting, taken, err := stack.InQueue(ctx, i.queues, i.queue)
		switch {
		case err != nil:
			return 0, err
		case waiting == sent:
			asked = time.Now()
		case waiting+taken == 0:
			return time.Since(asked), i.setDelivery(ctx, "channel-events", false)
		}
	}
	return 0, errors.New("not all events are applied after 2 minutes; some may have failed, see the log of channel-events")
}

// check demands that everybody who wrote is a contact with one conversation, and was last seen when their latest message was written.
func (i *inbox) check(ctx context.Context, latest map[string]int) error {
	var keys channel.Keys
	of := map[contact.IdentityKey]int{}
	for number, n := range latest {
		key := contact.IdentityKey{Channel: contact.WhatsApp, AccountID: i.account, ExternalID: number}
		keys.Identities, of[key] = append(keys.Identities, key), n
	}
	known, err := i.store(nil).Known(ctx, i.workspace, keys)
	if err != nil {
		return err
	}
	for key, n := range of {
		c := known.Contacts[known.ByIdentity[key]]
		if c.ConversationCount != 1 || !c.LastInteractionAt.Equal(i.at(n)) {
			return fmt.Errorf("a sender of %d has %d conversations and was last seen at %v, which should be one and %v",
				len(latest), c.ConversationCount, c.LastInteractionAt, i.at(n))
		}
	}
	return nil
}

// numberOf is the phone number of who writes message n, as WhatsApp spells it.
func numberOf(n int) string { return fmt.Sprintf("2010%08d", n) }

func percentile(times []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}
