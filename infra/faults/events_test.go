package faults_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/infra/faults"
	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
)

// Whatever was answered 200 is in the end state, and that is the one of the same events in order, each once, of an undisturbed service:
// through kills of both functions, all faults of DynamoDB, repetitions, and any order.
func TestEventsUnderFaultsAndKills(t *testing.T) {
	script := conversationsOf(talkers)
	calm := fmt.Sprintf("w%d", time.Now().UnixNano())
	anew(t)
	register(t, calm)
	for _, one := range script {
		deliver(t, calm, one)
	}
	want := settledAs(t, calm, nil)
	if n := strings.Count(strings.Join(want, "\n"), "contact "); n != talkers {
		t.Fatalf("%d contacts of %d people", n, talkers)
	}
	eachSeed(t, func(t *testing.T, seed uint64, workspace string) {
		register(t, workspace)
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var killer faults.Killer
		var killing, posting sync.WaitGroup
		proxy.Set(faults.All)
		defer proxy.Set(faults.Odds{})
		killing.Go(func() {
			killer.Random(ctx, seed, 200*time.Millisecond, home, "contacts-webhooks", "contacts-channel-events")
		})
		lines := make(chan line)
		for range 8 {
			posting.Go(func() {
				for one := range lines {
					deliver(t, workspace, one)
				}
			})
		}
		for _, one := range disorder(script, seed) {
			lines <- one
		}
		close(lines)
		posting.Wait()
		stop()
		killing.Wait()
		got := settledAs(t, workspace, want)
		proxy.Set(faults.Odds{})
		t.Logf("%d killed, injected %v", killer.Killed(), proxy.Injected())
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if killer.Killed() == 0 {
			t.Error("nobody was killed")
		}
		if dead := depth(t, "ChannelEventsDlqUrl"); dead != 0 {
			t.Errorf("%d messages were given up", dead)
		}
		sound(t)
	})
}

// One new sender's messages, all at once, are one contact with one identity and one conversation.
func TestWebhooksAtOnce(t *testing.T) {
	eachSeed(t, func(t *testing.T, seed uint64, workspace string) {
		register(t, workspace)
		phone := fmt.Sprintf("2010%08d", seed)
		var posting sync.WaitGroup
		for n := range webhooks {
			posting.Go(func() {
				deliver(t, workspace, whatsapp(phone, "", "Mona Adel", fmt.Sprint("m", n), began.Add(time.Duration(n)*time.Second)))
			})
		}
		posting.Wait()
		want := []string{fmt.Sprintf("contact Mona Adel +%[1]s whatsapp from %[2]s to %[3]s, whatsapp %[1]s, 1 conversations, 0 requests\n  conversation \"\" whatsapp Mona Adel %[2]s to %[3]s",
			phone, stamp(began), stamp(began.Add(time.Duration(webhooks-1)*time.Second)))}
		if diff := cmp.Diff(want, settledAs(t, workspace, want)); diff != "" {
			t.Error(diff)
		}
		sound(t)
	})
}

// settledAs is a workspace's end state, once the queue is empty and the events that waited were looked at: want, or, when it does not become
// that, what it is after a while. Whatever want is, it is the state of two looks without anything in between.
func settledAs(t *testing.T, workspace string, want []string) (got []string) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(time.Second) {
		idle := depth(t, "ChannelEventsQueueUrl") == 0
		invoke(t, "channel-events", `{"action":"sweep"}`) // the schedule does so once a minute
		before := got
		got = stateOf(t, workspace)
		late := time.Since(began) > patience/2
		if idle && slices.Equal(got, before) && (want == nil || slices.Equal(got, want) || late) || late && time.Since(began) > patience {
			return got
		}
	}
}

// stateOf is what channels and the platform have made of a workspace, without ids of ours and the workspace's name.
func stateOf(t *testing.T, workspace string) (state []string) {
	t.Helper()
	history := channel.NewHistory(store, store)
	for query := (contact.Query{Workspace: workspace, Limit: 100}); ; {
		page, err := store.List(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Contacts {
			state = append(state, strings.ReplaceAll(profile(t, history, c), workspace, "W"))
		}
		if query.After = page.Next; page.Next == nil {
			break
		}
	}
	slices.Sort(state)
	return state
}

// profile is a contact with what hangs on it, which is no more than a page each.
func profile(t *testing.T, history *channel.History, c contact.Contact) string {
	t.Helper()
	var identities []string
	for _, one := range c.Identities {
		identities = append(identities, fmt.Sprint(one.Channel, " ", one.ExternalID))
	}
	slices.Sort(identities)
	text := fmt.Sprintf("contact %s %s %s from %s to %s, %s, %d conversations, %d requests", c.DisplayName(), c.Phone, c.Channel, stamp(c.CreatedAt),
		stamp(c.LastInteractionAt), strings.Join(identities, "; "), c.ConversationCount, c.RequestCount)
	conversations, more, err := history.Conversations(t.Context(), c.Workspace, c.ID, 100, "")
	for _, one := range conversations {
		text += fmt.Sprintf("\n  conversation %q %s %s %s to %s", one.ExternalID, one.Channel, one.CustomerName, stamp(one.StartedAt), stamp(one.LastMessageAt))
	}
	requests, moreRequests, requestsErr := history.Requests(t.Context(), c.Workspace, c.ID, 100, "")
	for _, one := range requests {
		text += fmt.Sprintf("\n  request %s %s %s %s %s", one.ID, one.Subject, one.Status, stamp(one.OpenedAt), stamp(one.UpdatedAt))
	}
	feedback, moreFeedback, feedbackErr := history.Feedback(t.Context(), c.Workspace, c.ID, 100, "")
	for _, one := range feedback {
		text += fmt.Sprintf("\n  feedback %s %s %v/%v %s", one.ID, one.RequestID, one.Score, one.MaxScore, stamp(one.SubmittedAt))
	}
	if err = errors.Join(err, requestsErr, feedbackErr); err != nil || more+moreRequests+moreFeedback != "" {
		t.Fatalf("%v, or more than a page of a contact's", err)
	}
	return text
}
