package dynamo

import (
	"time"

	"github.com/occ/contacts/pkg/contact"
)

// contactAttributes is how many attributes a usual contact has; maps made for it do not grow.
const contactAttributes = 20

// contactItem is a contact as it is stored, with the keys of its index entries.
func contactItem(c contact.Contact, writeID string) (item, error) {
	it := newItem(contactKey(c.Workspace, c.ID), writeID, contactAttributes)
	if err := it.setContact(c); err != nil {
		return nil, err
	}
	sorts := wordSorts(c)
	it["createdShard"], it["createdKey"] = text(createdShard(c.Workspace, c.Shard)), text(timeSort(stamp(c.CreatedAt), c.ID))
	it["nameShard"], it["nameKey"] = text(nameShard(c.Workspace, c.Shard)), text(nameSort(c))
	if len(sorts) > 0 {
		it["wordShard"], it["wordKey"] = text(wordShard(c.Workspace, c.Shard)), text(sorts[0])
	}
	if !c.LastInteractionAt.IsZero() {
		it["spokenShard"], it["spokenKey"] = text(spokenShard(c.Workspace, c.Shard)), text(timeSort(stamp(c.LastInteractionAt), c.ID))
	}
	return it, nil
}

// setContact writes what a contact is, without its place in tables and indexes.
func (it item) setContact(c contact.Contact) error {
	it["workspace"], it["id"] = text(c.Workspace), text(c.ID)
	it["shard"], it[attrVersion] = number(c.Shard), number(c.Version)
	it.setText("name", c.Name)
	it.setText("email", c.Email)
	it.setText("phone", c.Phone)
	it.setText("company", c.Company)
	it.setText("channel", string(c.Channel))
	it.setTexts("labels", c.Labels)
	it.setNumber("conversationCount", c.ConversationCount)
	it.setNumber("requestCount", c.RequestCount)
	it.setTime("lastInteractionAt", c.LastInteractionAt)
	it.setTime("createdAt", c.CreatedAt)
	it.setTime("updatedAt", c.UpdatedAt)
	it.setText("createdByType", string(c.CreatedBy.Type))
	it.setText("createdById", c.CreatedBy.ID)
	it.setText("namedBy", string(c.NamedBy))
	it.setFlag("hasFeedback", c.HasFeedback)
	it.setText("phoneBy", string(c.PhoneBy))
	it.setText("emailBy", string(c.EmailBy))
	it.setText("nameSaid", c.Said.Name)
	it.setText("phoneSaid", c.Said.Phone)
	it.setText("emailSaid", c.Said.Email)
	it.setTexts("mergedFrom", c.MergedFrom)
	it.setTexts("disputed", c.Disputed)
	if len(c.Attributes) > 0 {
		if err := it.setJSON("attributes", c.Attributes); err != nil {
			return err
		}
	}
	if len(c.Identities) > 0 {
		return it.setJSON("identities", identityRecords(c.Identities))
	}
	return nil
}

// contactOf reads a contact back. Times without a value stay zero.
func contactOf(it item) (contact.Contact, error) {
	c := contact.Contact{
		Workspace: it.text("workspace"), ID: it.text("id"),
		Name: it.text("name"), Email: it.text("email"), Phone: it.text("phone"), Company: it.text("company"),
		Channel: contact.Channel(it.text("channel")), Labels: it.texts("labels"),
		ConversationCount: it.number("conversationCount"), RequestCount: it.number("requestCount"),
		LastInteractionAt: it.time("lastInteractionAt"), CreatedAt: it.time("createdAt"), UpdatedAt: it.time("updatedAt"),
		Version:   it.number(attrVersion),
		CreatedBy: contact.Actor{Type: contact.ActorType(it.text("createdByType")), ID: it.text("createdById")},
		NamedBy:   contact.ActorType(it.text("namedBy")), PhoneBy: contact.ActorType(it.text("phoneBy")), EmailBy: contact.ActorType(it.text("emailBy")),
		Said:       contact.Said{Name: it.text("nameSaid"), Phone: it.text("phoneSaid"), Email: it.text("emailSaid")},
		MergedFrom: it.texts("mergedFrom"), Disputed: it.texts("disputed"), HasFeedback: it.flag("hasFeedback"),
		WriteID: it.text(attrWriteID), Shard: it.number("shard"),
	}
	if err := it.json("attributes", &c.Attributes); err != nil {
		return contact.Contact{}, err
	}
	var records []identityRecord
	if err := it.json("identities", &records); err != nil {
		return contact.Contact{}, err
	}
	for _, record := range records {
		c.Identities = append(c.Identities, contact.Identity(record))
	}
	return c, nil
}

// identityRecord spells an identity inside the contact's JSON attribute; its fields are contact.Identity's.
type identityRecord struct {
	Channel     contact.Channel `json:"channel"`
	AccountID   string          `json:"accountId,omitempty"`
	ExternalID  string          `json:"externalId,omitempty"`
	Username    string          `json:"username,omitempty"`
	ProfileName string          `json:"profileName,omitempty"`
	FirstSeenAt time.Time       `json:"firstSeenAt"`
	LastSeenAt  time.Time       `json:"lastSeenAt"`

	EveryAccount   bool   `json:"everyAccount,omitempty"`
	ConversationID string `json:"conversationId,omitempty"`
	ProfileSaid    string `json:"profileSaid,omitempty"`
	UsernameSaid   string `json:"usernameSaid,omitempty"`
}

func identityRecords(identities []contact.Identity) []identityRecord {
	records := make([]identityRecord, len(identities))
	for i, identity := range identities {
		records[i] = identityRecord(identity)
	}
	return records
}
