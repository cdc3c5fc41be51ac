package dynamo

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

func channelAccount(workspace, id string, n int) channel.Account {
	return channel.Account{
		Workspace: workspace, Channel: contact.WhatsApp, ID: id, Name: "Sales", Sealed: []byte{0, 1, 0xff},
		CreatedAt: epoch.Add(time.Duration(n) * time.Millisecond), UpdatedAt: epoch.Add(time.Hour),
	}
}

func TestAnAccountComesBack(t *testing.T) {
	s := fresh(t)
	for i, id := range []string{"106540352242922", "a#b", "a%23b", "é:x"} {
		want := channelAccount(ws, id, i)
		stored, err := s.PutAccount(ctx, want)
		want.Version = 1
		if diff := cmp.Diff(want, stored); diff != "" || err != nil {
			t.Fatal(diff, err)
		}
		found, err := s.Accounts(ctx, []channel.AccountKey{want.Key(), {Channel: contact.SMS, ID: id}})
		if diff := cmp.Diff(map[channel.AccountKey]channel.Account{want.Key(): want}, found); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	found, err := s.Accounts(ctx, nil)
	if len(found) != 0 || err != nil {
		t.Error(found, err)
	}
	if v, err := s.Verify(ctx); err != nil || len(v.Breaches) > 0 {
		t.Error(v.Breaches, err)
	}
}

func TestAnAccountIsOfOneWorkspace(t *testing.T) {
	s := fresh(t)
	first, err := s.PutAccount(ctx, channelAccount(ws, "1", 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutAccount(ctx, channelAccount("other", "1", 2)); !errors.Is(err, channel.ErrAccountStale) {
		t.Error(err)
	}
	second, err := s.PutAccount(ctx, first)
	if err != nil || second.Version != 2 {
		t.Fatal(second, err)
	}
	if _, err := s.PutAccount(ctx, first); !errors.Is(err, channel.ErrAccountStale) { // read before the second
		t.Error(err)
	}
	if err := s.DeleteAccount(ctx, "other", first.Key(), nil); problem.CodeOf(err) != problem.NotFound {
		t.Error(err)
	}
	if err := s.DeleteAccount(ctx, ws, first.Key(), &first); !errors.Is(err, channel.ErrAccountStale) {
		t.Error(err)
	}
	if err := s.DeleteAccount(ctx, ws, first.Key(), &second); err != nil {
		t.Error(err)
	}
	if _, err := s.PutAccount(ctx, channelAccount(ws, "1", 2)); err != nil {
		t.Error(err)
	}
	for _, want := range []problem.Code{"", problem.NotFound} {
		if err := s.DeleteAccount(ctx, ws, first.Key(), nil); err != nil && problem.CodeOf(err) != want || err == nil && want != "" {
			t.Error(err)
		}
	}
	theirs, err := s.PutAccount(ctx, channelAccount("other", "1", 3))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutAccount(ctx, theirs); err != nil {
		t.Error(err)
	}
	if _, err := s.PutAccount(ctx, second); !errors.Is(err, channel.ErrAccountStale) { // the same version, but of another registration
		t.Error(err)
	}
}

// TestManyWorkspacesAtOnce: of all that register an account at once, one has it.
func TestManyWorkspacesAtOnce(t *testing.T) {
	s := fresh(t)
	var all sync.WaitGroup
	won := make([]bool, 16)
	for i := range won {
		all.Go(func() {
			_, err := s.PutAccount(ctx, channelAccount(fmt.Sprint("w", i), "1", i))
			won[i] = err == nil
			if err != nil && !errors.Is(err, channel.ErrAccountStale) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	found, err := s.Accounts(ctx, []channel.AccountKey{{Channel: contact.WhatsApp, ID: "1"}})
	winner := slices.Index(won, true)
	if err != nil || winner < 0 || slices.Contains(won[winner+1:], true) || found[channel.AccountKey{Channel: contact.WhatsApp, ID: "1"}].Workspace != fmt.Sprint("w", winner) {
		t.Error(won, found, err)
	}
}

func TestAccountsAreListedNewestFirst(t *testing.T) {
	s := fresh(t)
	for i := range 7 {
		for _, workspace := range []string{ws, "other"} {
			if _, err := s.PutAccount(ctx, channelAccount(workspace, fmt.Sprint(workspace, "#", i), i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.DeleteAccount(ctx, ws, channel.AccountKey{Channel: contact.WhatsApp, ID: "demo#3"}, nil); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for after, page := "", 0; page == 0 || after != ""; page++ {
		accounts, next, err := s.ListAccounts(ctx, ws, 2, after)
		if err != nil || page > 7 {
			t.Fatal(page, err)
		}
		for _, account := range accounts {
			ids = append(ids, account.ID)
		}
		after = next
	}
	if diff := cmp.Diff([]string{"demo#6", "demo#5", "demo#4", "demo#2", "demo#1", "demo#0"}, ids); diff != "" {
		t.Error(diff)
	}
}
