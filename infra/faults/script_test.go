package faults_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/occ/contacts/infra/local/sample"
)

// line is an event of a script: to which account, and its body but for that account's id, which stands as %[1]s.
type line struct{ channel, body string }

// began is when scripts begin; an event of the past counts as any other.
var began = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

// conversationsOf is what some people and the platform say: each person writes over WhatsApp and over the widget, is answered, and has a
// request and a survey. Later events of a person say more than earlier ones, so that it shows when one counts for another.
func conversationsOf(people int) (lines []line) {
	for n := range people {
		phone, second := fmt.Sprintf("2010%08d", n), n*600
		at := func(after int) time.Time { return began.Add(time.Duration(second+after) * time.Second) }
		lines = append(lines,
			whatsapp(phone, fmt.Sprintf("EG.%d", n), fmt.Sprintf("Early %d", n), "m1", at(0)),
			whatsapp(phone, "", fmt.Sprintf("Mona %d", n), "m2", at(60)),
			whatsapp("", fmt.Sprintf("EG.%d", n), "", "m3", at(90)),
			said("widget", "conversation.message", at(120), fmt.Sprintf(
				`"conversationId":"w-%[1]d-%%[1]s","channel":"widget","accountId":"%%[1]s","contact":{"externalId":"visitor-%[1]d","phone":"+%[2]s"},"messageId":"w1","direction":"inbound","sentAt":"%[3]s"`,
				n, phone, stamp(at(120)))),
			said("widget", "conversation.message", at(180), fmt.Sprintf(
				`"conversationId":"w-%[1]d-%%[1]s","channel":"widget","accountId":"%%[1]s","contact":{"externalId":"visitor-%[1]d"},"messageId":"w2","direction":"outbound","sentAt":"%[2]s"`,
				n, stamp(at(180)))),
		)
		for i, kind := range []string{"opened", "updated", "closed"} {
			lines = append(lines, said("widget", "request."+kind, at(200+i), fmt.Sprintf(
				`"requestId":"r-%[1]d-%%[1]s","conversationId":"w-%[1]d-%%[1]s","subject":"Subject %[2]d","status":"%[3]s","at":"%[4]s"`, n, i, kind, stamp(at(200+i)))))
		}
		lines = append(lines, said("widget", "survey.submitted", at(300), fmt.Sprintf(
			`"surveyId":"s-%[1]d-%%[1]s","requestId":"r-%[1]d-%%[1]s","score":4,"maxScore":5,"comment":"Fine","submittedAt":"%[2]s"`, n, stamp(at(300)))))
	}
	return lines
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// said is an event of the platform's form. https://www.standardwebhooks.com
func said(channel, kind string, at time.Time, data string) line {
	return line{channel, fmt.Sprintf(`{"type":%q,"timestamp":%q,"data":{%s}}`, kind, stamp(at), data)}
}

// whatsapp is a message that somebody sends over the Cloud API; phone, user id or name may be absent.
func whatsapp(phone, userID, name, message string, at time.Time) line {
	type object = map[string]any
	profile := object{}
	who := object{"profile": profile}
	said := object{"id": "wamid." + message + "." + phone + userID, "timestamp": fmt.Sprint(at.Unix()), "type": "text", "text": object{"body": "Hello"}}
	if name != "" {
		profile["name"] = name
	}
	if phone != "" {
		who["wa_id"], said["from"] = phone, phone
	}
	if userID != "" {
		who["user_id"], said["from_user_id"] = userID, userID
	}
	body, _ := json.Marshal(sample.CloudAPI("%[1]s", object{"contacts": []object{who}, "messages": []object{said}})) // maps of texts
	return line{"whatsapp", string(body)}
}

// disorder is a script in another order, with 30 % of its lines twice.
func disorder(lines []line, seed uint64) []line {
	random := rand.New(rand.NewPCG(seed, 4))
	all := append([]line(nil), lines...)
	for _, one := range lines {
		if random.IntN(10) < 3 {
			all = append(all, one)
		}
	}
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}
