package faults_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/occ/contacts/infra/faults"
)

// known is what a client knows of one contact: the companies that it may have now. After an answer there is one; after a request
// without a good answer it may have been done or not.
type known struct {
	id        string
	email     string
	companies []string
	gone      []bool // whether it may be deleted: false, true, or both
}

// client is one user that works on contacts of its own, one request after the other.
type client struct {
	t      *testing.T
	token  string
	random *rand.Rand
	name   string
	mine   []*known
	counts map[int]int // answers by status
}

// call sends a request; status 0 when no answer came.
func (c *client) call(method, path string, body any) (status int, answer map[string]any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, local.APIURL+path, bytes.NewReader(encoded))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.token)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.counts[0]++
		return 0, nil
	}
	defer response.Body.Close() //nolint:errcheck // read whole below
	text, _ := io.ReadAll(response.Body)
	_ = json.Unmarshal(text, &answer) // a 204 has none
	c.counts[response.StatusCode]++
	if response.StatusCode >= 400 && response.StatusCode < 500 && response.StatusCode != http.StatusNotFound {
		c.t.Errorf("%s %s: %d %s", method, path, response.StatusCode, text)
	}
	return response.StatusCode, answer
}

// step does one random operation and holds its answer against what is known.
func (c *client) step(n int) {
	if len(c.mine) < 5 || c.random.IntN(4) == 0 {
		c.create(n)
		return
	}
	k := c.mine[c.random.IntN(len(c.mine))]
	switch c.random.IntN(5) {
	case 0, 1:
		company := fmt.Sprintf("Company %s %d", c.name, n)
		switch status, answer := c.call(http.MethodPatch, "/v1/contacts/"+k.id, map[string]any{"company": company}); {
		case status == http.StatusOK && answer["company"] == company:
			k.is(company)
		case status == http.StatusNotFound:
			c.missing(k)
		case status >= 500 || status == 0:
			k.companies = append(k.companies, company)
		default:
			c.t.Errorf("the PATCH answers %d %v", status, answer)
		}
	case 2:
		switch status, _ := c.call(http.MethodDelete, "/v1/contacts/"+k.id, nil); status {
		case http.StatusNoContent:
			k.gone = []bool{true}
		case http.StatusNotFound:
			c.missing(k)
		default:
			k.gone = []bool{false, true}
		}
	default:
		c.look(k)
	}
}

func (k *known) is(company string) { k.companies, k.gone = []string{company}, []bool{false} }

// create makes a contact. One without an answer may be there or not: its e-mail is not used again, and nobody looks for it.
func (c *client) create(n int) {
	email := fmt.Sprintf("%s-%d@example.com", c.name, n)
	status, answer := c.call(http.MethodPost, "/v1/contacts", map[string]any{"name": "Fault Tester", "email": email, "company": "First", "labels": []string{c.name}})
	if status == http.StatusCreated {
		c.mine = append(c.mine, &known{id: answer["id"].(string), email: email, companies: []string{"First"}, gone: []bool{false}})
	}
}

// look reads a contact: what is answered is then certain.
func (c *client) look(k *known) {
	switch status, answer := c.call(http.MethodGet, "/v1/contacts/"+k.id, nil); {
	case status == http.StatusOK:
		company, _ := answer["company"].(string)
		if !slices.Contains(k.companies, company) || answer["email"] != k.email || !slices.Contains(k.gone, false) {
			c.t.Errorf("contact %s is %v; it may have company %v, and be gone: %v", k.id, answer, k.companies, k.gone)
		}
		k.is(company)
	case status == http.StatusNotFound:
		c.missing(k)
	case status < 500 && status != 0:
		c.t.Errorf("the GET answers %d %v", status, answer)
	}
}

func (c *client) missing(k *known) {
	if !slices.Contains(k.gone, true) {
		c.t.Errorf("contact %s was acknowledged and is gone", k.id)
	}
	k.gone = []bool{true}
}

// Every acknowledged write is there whole, and what was refused changed nothing, whatever the database does.
func TestOperationsUnderDynamoDBFaults(t *testing.T) {
	const clients = 4
	workspace := fmt.Sprintf("w%d", time.Now().UnixNano())
	token, err := local.Token(t.Context(), workspace, "admin", "")
	if err != nil {
		t.Fatal(err)
	}
	all := make([]*client, clients)
	proxy.Set(faults.All)
	var working sync.WaitGroup
	for i := range all {
		all[i] = &client{t: t, token: token, random: rand.New(rand.NewPCG(uint64(i), 3)), name: fmt.Sprint("client", i), counts: map[int]int{}}
		working.Go(func() {
			for n := range operations / clients {
				all[i].step(n)
			}
		})
	}
	working.Wait()
	proxy.Set(faults.Odds{})
	answers := map[int]int{}
	for _, c := range all {
		for _, k := range c.mine {
			c.look(k)
		}
		for status, n := range c.counts {
			answers[status] += n
		}
	}
	t.Logf("answers by status: %v; injected: %v", answers, proxy.Injected())
	time.Sleep(time.Second)                         // requests whose client gave up may still be at work
	invoke(t, "import-parse", `{"action":"sweep"}`) // what deletions left
	sound(t)
}
