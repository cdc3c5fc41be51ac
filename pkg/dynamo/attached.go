package dynamo

import (
	"github.com/occ/contacts/pkg/contact"
)

// What hangs on a contact besides its own item: claims, facets and the later words of its name. All of it follows from the
// contact, so a change is the difference of two lists.

// claim is the item that makes an e-mail, phone or identity belong to one contact.
type claim struct {
	key   key
	field string // "email", "phone" or "identity", as a conflict names it
	name  string // with an e-mail: the folded name, so that a search by a word sees who is found by the name already

	conversation string // with an identity: that of its messages
}

// claims of a contact, e-mail first: that is the order in which conflicts are told.
func claims(c contact.Contact) []claim {
	list := make([]claim, 0, 2+len(c.Identities))
	if c.Email != "" {
		list = append(list, claim{key: emailClaimKey(c.Workspace, contact.EmailKey(c.Email)), field: "email", name: nameText(c)})
	}
	if c.Phone != "" {
		list = append(list, claim{key: phoneClaimKey(c.Workspace, c.Phone), field: "phone"})
	}
	everywhere := map[contact.IdentityKey]bool{}
	for _, identity := range contact.AddIdentities(nil, c.Identities...) { // a transaction names an item only once
		list = append(list, claim{key: identityClaimKey(c.Workspace, identity.Key()), field: "identity", conversation: identity.ConversationID})
		if key := identity.Key().Everywhere(); identity.EveryAccount && !everywhere[key] {
			everywhere[key] = true
			list = append(list, claim{key: identityClaimKey(c.Workspace, key), field: "identity"})
		}
	}
	return list
}

func (c claim) item(contactID, writeID string) item {
	it := newItem(c.key, writeID, 3)
	it[attrContactID] = text(contactID)
	it.setText(attrNameText, c.name)
	it.setText(attrConversation, c.conversation)
	return it
}

// extra is a facet or word item; content tells a changed one from an unchanged one of the same key.
type extra struct {
	key     key
	content string
	fill    func(it item)
	owner   string // the contact's id
}

// extras are a contact's facets, and the words of its name and usernames beyond the one that stands with the contact itself.
func extras(c contact.Contact) []extra {
	var list []extra
	sorts := wordSorts(c)
	for n := 1; n < len(sorts); n++ {
		shard, sort := wordShard(c.Workspace, c.Shard), sorts[n]
		list = append(list, extra{wordItemKey(c.Workspace, c.ID, n+1), shard + sort, func(it item) {
			it["wordShard"], it["wordKey"] = text(shard), text(sort)
		}, c.ID})
	}
	for _, label := range c.Labels {
		list = append(list, facet(c, "label", label))
	}
	if c.Company != "" {
		list = append(list, facet(c, "company", c.Company))
	}
	if c.Channel != "" && !dense(c.Channel) {
		list = append(list, facet(c, "channel", string(c.Channel)))
	}
	return list
}

// dense says that a channel has no facet: most contacts came by import or api, so the list of all, checked after reading, serves as well.
func dense(channel contact.Channel) bool { return channel == contact.Import || channel == contact.API }

// facet places a contact among those of one label, company or channel.
func facet(c contact.Contact, kind, value string) extra {
	k := key{facetPartition(c.Workspace, kind, contact.FacetKey(value), c.Shard), timeSort(stamp(c.CreatedAt), c.ID)}
	return extra{k, value, func(it item) { it[attrContactID], it["value"] = text(c.ID), text(value) }, c.ID}
}

func (e extra) item(writeID string) item {
	it := newItem(e.key, writeID, 2)
	e.fill(it)
	return it
}

// changedExtras is what a change puts and what it deletes.
func changedExtras(before, after contact.Contact) (put []extra, gone []key) {
	old := make(map[key]string)
	for _, e := range extras(before) {
		old[e.key] = e.content
	}
	for _, e := range extras(after) {
		if content, had := old[e.key]; !had || content != e.content {
			put = append(put, e)
		}
		delete(old, e.key)
	}
	for _, e := range extras(before) {
		if _, left := old[e.key]; left {
			gone = append(gone, e.key)
		}
	}
	return put, gone
}

// changedClaims is what a change takes, or writes again because of the name beside it, and what it gives back.
func changedClaims(before, after contact.Contact) (taken []claim, given []key) {
	old := make(map[key]claim)
	for _, c := range claims(before) {
		old[c.key] = c
	}
	for _, c := range claims(after) {
		if old[c.key] != c {
			taken = append(taken, c)
		}
		delete(old, c.key)
	}
	for _, c := range claims(before) {
		if _, left := old[c.key]; left {
			given = append(given, c.key)
		}
	}
	return taken, given
}
