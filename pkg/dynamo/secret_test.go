package dynamo

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
	"github.com/occ/contacts/pkg/contact"
	"github.com/occ/contacts/pkg/problem"
)

// keeper is an Encrypter whose key is nowhere but here, as that of KMS. It counts what it is asked.
type keeper struct {
	aead               cipher.AEAD
	encrypts, decrypts atomic.Int64
	disabled           atomic.Bool
}

func newKeeper() *keeper {
	block, _ := aes.NewCipher(newKey()) // a key of 32 bytes is a good one
	aead, _ := cipher.NewGCM(block)
	return &keeper{aead: aead}
}

var errDisabled = errors.New("the key is disabled")

func (k *keeper) Encrypt(_ context.Context, plain []byte) ([]byte, error) {
	if k.disabled.Load() {
		return nil, errDisabled
	}
	k.encrypts.Add(1)
	nonce := make([]byte, k.aead.NonceSize())
	rand.Read(nonce)
	return k.aead.Seal(nonce, nonce, plain, nil), nil
}

func (k *keeper) Decrypt(_ context.Context, encrypted []byte) ([]byte, error) {
	if k.disabled.Load() {
		return nil, errDisabled
	}
	k.decrypts.Add(1)
	return k.aead.Open(nil, encrypted[:k.aead.NonceSize()], encrypted[k.aead.NonceSize():], nil)
}

// TestTablesAloneDoNotTellWhoWasDeleted reads every item there is after a deletion: nothing names the person, no key
// that is stored opens what is sealed, and none lets a phone or an e-mail be tried against the tombstones.
func TestTablesAloneDoNotTellWhoWasDeleted(t *testing.T) {
	s := fresh(t)
	mona := channeltest.WhatsApp("201001234567", "EG.mona")
	mona.Email = "mona@example.com"
	hears(t, s, said(channel.Message, 1, called(mona, "Mona", "")))
	change := said(channel.NumberChanged, 5, channeltest.WhatsApp("201007654321", ""))
	former := channeltest.WhatsApp("201001234567", "")
	change.Former = &former
	hears(t, s, change)
	if err := service(s).Delete(ctx, ws, one(t, s).ID, contact.Precondition{}); err != nil {
		t.Fatal(err)
	}
	cleaned(t, s)
	var items []item
	for _, table := range []string{s.tables.Contacts, s.tables.Timeline, s.tables.Jobs} {
		items = append(items, everything(t, s, table)...)
	}
	stones, sealed := 0, 0
	var keys [][]byte
	for _, it := range items {
		for name, value := range it {
			b, is := value.(*types.AttributeValueMemberB)
			switch {
			case is && name == attrTo:
				sealed++
			case is:
				keys = append(keys, b.Value, cursorKey(b.Value))
			}
		}
		if it[attrDeletedAt] != nil {
			stones++
		}
		for _, said := range []string{"201001234567", "201007654321", "765432100102", "123456700102", "mona@example.com", "EG.mona"} {
			if strings.Contains(contents(it), said) {
				t.Errorf("%s is left in %v", said, it.key())
			}
		}
	}
	if stones < 4 || sealed == 0 || len(keys) == 0 {
		t.Fatalf("%d tombstones, %d of them sealed, %d keys: nothing was tried", stones, sealed, len(keys))
	}
	for _, stored := range keys {
		reader := &Store{}
		reader.hiding.key = stored
		names := map[key]bool{}
		for _, claim := range []key{
			phoneClaimKey(ws, "+201001234567"), phoneClaimKey(ws, "+201007654321"), emailClaimKey(ws, "mona@example.com"),
			identityClaimKey(ws, contact.IdentityKey{Channel: contact.WhatsApp, AccountID: "line-1", ExternalID: "201007654321"}),
		} {
			mac, err := reader.blindClaim(ctx, claim)
			if err != nil {
				t.Fatal(err)
			}
			names[tombstoneKey(ws, mac)] = true
		}
		for _, it := range items {
			if names[it.key()] {
				t.Errorf("a stored key lets a claim be tried: it is %v", it.key())
			}
			if hidden, is := it[attrTo].(*types.AttributeValueMemberB); is {
				if plain, err := reader.unseal(ctx, hidden.Value); err == nil {
					t.Errorf("a stored key opens what is sealed: %s", plain)
				}
			}
		}
	}
}

// earlier is storage as versions left it that had one secret for everything, beside what it hides; with what they hid
// of a claim.
func earlier(t *testing.T) (s *Store, secret []byte, hidden map[channel.Claim]channel.Gone) {
	t.Helper()
	s, secret = fresh(t), newKey()
	it := newItem(signingKeyKey(), newWriteID(), 1)
	it[attrSecret] = &types.AttributeValueMemberB{Value: secret}
	if _, err := s.putOne(ctx, s.tables.Jobs, it, ifAbsent); err != nil {
		t.Fatal(err)
	}
	before := s.through(nil)
	before.hiding.key = secret
	to := channel.Gone{At: epoch, To: &channel.Forward{Phone: "+201007654321", Said: "s"}}
	claim := channel.Claim{Phone: "+201001234567"}
	writeID := newWriteID()
	forward, err := before.forwardPart(ctx, ws, claim, to, writeID)
	if err == nil {
		err = before.transact(ctx, writeID, []part{forward}, 1)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, secret, map[channel.Claim]channel.Gone{claim: to}
}

func TestTheSecretOfEarlierVersionsIsEncrypted(t *testing.T) {
	for name, transport := range map[string]*lossy{"": nil, "with lost answers": {action: "TransactWriteItems", losses: 2}} {
		s, secret, hidden := earlier(t)
		waits := s.through(nil) // a process that has the cursors' key from before
		cursors, err := waits.SigningKey(ctx)
		if err != nil {
			t.Fatal(err)
		}
		moving := s
		if transport != nil {
			moving = s.through(transport)
		}
		claims := []channel.Claim{}
		for claim := range hidden {
			claims = append(claims, claim)
		}
		for _, process := range []*Store{moving, s.through(nil)} {
			gone, err := process.Gone(ctx, ws, claims)
			if err != nil || len(gone) != 1 || gone[claims[0]].To == nil ||
				*gone[claims[0]].To != *hidden[claims[0]].To {
				t.Errorf("%s: what an earlier version hid is %+v, %v", name, gone, err)
			}
			if key, err := process.SigningKey(ctx); err != nil || !bytes.Equal(key, cursors) {
				t.Errorf("%s: cursors have another key than before: %v", name, err)
			}
		}
		for _, it := range everything(t, s, s.tables.Jobs) {
			for _, value := range it {
				if b, is := value.(*types.AttributeValueMemberB); is && bytes.Contains(b.Value, secret) {
					t.Errorf("%s: the secret is still in %v", name, it.key())
				}
			}
		}
	}
}

func TestProcessesShareOneSecret(t *testing.T) {
	for name, open := range map[string]func() *Store{
		"new tables": func() *Store { return fresh(t) }, "tables of an earlier version": func() *Store { s, _, _ := earlier(t); return s },
	} {
		s := open()
		secrets := make([][]byte, 8)
		var all sync.WaitGroup
		for i := range secrets {
			all.Go(func() {
				process := s.through(nil)
				for range 2 {
					var err error
					if secrets[i], err = process.hidingKey(ctx); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		for _, secret := range secrets {
			if !bytes.Equal(secret, secrets[0]) {
				t.Errorf("%s: secrets %x", name, secrets)
			}
		}
		if kept := s.encrypter.(*keeper); kept.decrypts.Load() > int64(len(secrets)) {
			t.Errorf("%s: %d processes decrypted %d times", name, len(secrets), kept.decrypts.Load())
		}
	}
}

// TestWhoHidesNothingNeedsNoKey: the key service is not asked for what has nothing to hide, so import-write has none.
func TestWhoHidesNothingNeedsNoKey(t *testing.T) {
	s := fresh(t).EncryptWith(nil)
	create(t, s, person(1))
	c := everybody(t, s)[0]
	if err := service(s).AddLabel(ctx, ws, c.ID, user, "VIP"); err != nil {
		t.Error(err)
	}
	w := workbenchOn(t, s)
	row := fileRow(2, nil)
	row.Notes = []string{"a note"}
	w.undone(w.imported("i-1", row), nil)
	if _, err := s.SigningKey(ctx); err != nil {
		t.Error(err)
	}
	if err := service(
		s,
	).Delete(ctx, ws, c.ID, contact.Precondition{}); err == nil ||
		!strings.Contains(err.Error(), "Encrypter") {
		t.Errorf("a deletion without a key says %v", err)
	}
	if get(t, s, c.ID).Version != 2 {
		t.Error("it was deleted all the same")
	}
}

func TestADisabledKeyIsTriedAgain(t *testing.T) {
	s := fresh(t)
	create(t, s, person(1))
	c := everybody(t, s)[0]
	kept := s.encrypter.(*keeper)
	kept.disabled.Store(true)
	if err := service(s).Delete(ctx, ws, c.ID, contact.Precondition{}); problem.CodeOf(err) != problem.Internal {
		t.Errorf("with a disabled key: %v", err)
	}
	if err := applierOn(s).Apply(ctx, batchOf(said(channel.Message, 1, channeltest.WhatsApp("201001234567", ""))))[0]; !errors.Is(
		err,
		errDisabled,
	) {
		t.Errorf("a message with a disabled key: %v", err)
	}
	if left := get(t, s, c.ID); left.Version != 1 {
		t.Errorf("it is %+v", left)
	}
	kept.disabled.Store(false)
	if err := service(s).Delete(ctx, ws, c.ID, contact.Precondition{}); err != nil {
		t.Error(err)
	}
}
