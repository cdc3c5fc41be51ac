package seal_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/seal"
)

func TestTheSecretOfTheStorageIsNoAccounts(t *testing.T) {
	accounts, storage := keyService(t, ""), seal.NewStorage(keyClient(t, ""), "key-arn")
	secret := []byte("h1dd3n")
	encrypted, err := storage.Encrypt(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := storage.Decrypt(t.Context(), encrypted); err != nil || !slices.Equal(plain, secret) {
		t.Errorf("%q, %v", plain, err)
	}
	if plain, err := accounts.Open(t.Context(), "demo", account, encrypted); err == nil {
		t.Errorf("it opens as an account's: %q", plain)
	}
	sealed, err := accounts.Seal(t.Context(), "demo", account, secret)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := storage.Decrypt(t.Context(), sealed); err == nil {
		t.Errorf("an account's opens as the storage's: %q", plain)
	}
}

func TestErrorsAboutTheSecretOfTheStorage(t *testing.T) {
	for code, want := range map[string]problem.Code{
		"ThrottlingException": problem.Unavailable, "DisabledException": problem.Internal, "NotFoundException": problem.Internal, "KMSInvalidStateException": problem.Internal,
	} {
		storage := seal.NewStorage(keyClient(t, code), "key-arn")
		_, encryptErr := storage.Encrypt(t.Context(), []byte("h1dd3n"))
		_, decryptErr := storage.Decrypt(t.Context(), []byte("h1dd3n"))
		for _, err := range []error{encryptErr, decryptErr} {
			if problem.CodeOf(err) != want || strings.Contains(err.Error(), "h1dd3n") ||
				want == problem.Internal && !strings.Contains(err.Error(), code+"; see infra/README.md") {
				t.Errorf("%s: %v", code, err)
			}
		}
	}
}
