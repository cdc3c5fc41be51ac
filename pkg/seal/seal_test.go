package seal_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/problem"
	"github.com/occ/contacts/pkg/seal"
)

// keyService seals by putting the encryption context before the text, and opens for the same context alone; fails makes every call end so.
func keyService(t *testing.T, fails string) *seal.Sealer {
	t.Helper()
	return seal.New(keyClient(t, fails), "key-arn")
}

func keyClient(t *testing.T, fails string) *kms.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			KeyId                     string
			Plaintext, CiphertextBlob []byte
			EncryptionContext         map[string]string
		}
		text, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(text, &in); err != nil || in.KeyId != "key-arn" {
			t.Error(in.KeyId, err)
		}
		bound := fmt.Sprint(in.EncryptionContext)
		rest, same := strings.CutPrefix(string(in.CiphertextBlob), bound)
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		switch {
		case fails != "":
			refuse(w, fails)
		case r.Header.Get("X-Amz-Target") == "TrentService.Encrypt":
			_ = json.NewEncoder(w).Encode(map[string]any{"CiphertextBlob": []byte(bound + string(in.Plaintext))})
		case !same:
			refuse(w, "InvalidCiphertextException")
		default:
			_ = json.NewEncoder(w).Encode(map[string]any{"Plaintext": []byte(rest)})
		}
	}))
	t.Cleanup(server.Close)
	return kms.New(kms.Options{
		BaseEndpoint: &server.URL, Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""), Retryer: aws.NopRetryer{},
	})
}

func refuse(w http.ResponseWriter, code string) {
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": "no"})
}

var account = channel.AccountKey{Channel: "whatsapp", ID: "1"}

func TestWhatIsSealedOpensForItsAccountAlone(t *testing.T) {
	s := keyService(t, "")
	sealed, err := s.Seal(t.Context(), "demo", account, []byte("h1dd3n"))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := s.Open(t.Context(), "demo", account, sealed); err != nil || string(plain) != "h1dd3n" {
		t.Errorf("%q %v", plain, err)
	}
	for _, other := range []struct {
		workspace string
		key       channel.AccountKey
	}{{"other", account}, {"demo", channel.AccountKey{Channel: "whatsapp", ID: "2"}}, {"demo", channel.AccountKey{Channel: "sms", ID: "1"}}} {
		if plain, err := s.Open(t.Context(), other.workspace, other.key, sealed); !errors.Is(err, channel.ErrUnsealable) || plain != nil {
			t.Errorf("%v: %q %v", other, plain, err)
		}
	}
}

func TestErrorsOfTheKeyService(t *testing.T) {
	secret := []byte("h1dd3n")
	for code, want := range map[string]problem.Code{"ThrottlingException": problem.Unavailable, "AccessDeniedException": problem.Internal, "NotFoundException": problem.Internal} {
		s := keyService(t, code)
		_, sealErr := s.Seal(t.Context(), "demo", account, secret)
		_, openErr := s.Open(t.Context(), "demo", account, secret)
		for _, err := range []error{sealErr, openErr} {
			if problem.CodeOf(err) != want || strings.Contains(err.Error(), "h1dd3n") || strings.Contains(err.Error(), base64.StdEncoding.EncodeToString(secret)) {
				t.Errorf("%s: %v", code, err)
			}
		}
		if errors.Is(openErr, channel.ErrUnsealable) != (code == "NotFoundException") || errors.Is(sealErr, channel.ErrUnsealable) {
			t.Errorf("%s: %v, %v", code, openErr, sealErr)
		}
	}
}
