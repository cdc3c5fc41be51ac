package httpapi

import "github.com/danielgtaylor/huma/v2"

// link leads from an answer to operations that take what is in it. Parameters are expressions of OpenAPI links.
type link struct {
	from       string            // operationId
	status     string            // of the answer
	parameters map[string]string // of the operations that it leads to
	to         []string          // operationIds
}

// Where parameters of linked operations come from.
const (
	bodyID   = "$response.body#/id"
	firstID  = "$response.body#/items/0/id"
	pathID   = "$request.path.id"
	bodyNext = "$response.body#/nextCursor"
	entity   = "$response.header.ETag"

	bodyChannel  = "$response.body#/channel"
	bodyAccount  = "$response.body#/accountId"
	firstChannel = "$response.body#/items/0/channel"
	firstAccount = "$response.body#/items/0/accountId"
)

var (
	ofContact = []string{
		"getContact", "updateContact", "deleteContact", "addNote", "addLabel", "removeLabel",
		"listActivity", "listConversations", "listRequests", "listFeedback", "listNotes",
	}
	ofNote     = []string{"getNote", "updateNote", "deleteNote"}
	ofImport   = []string{"getImport", "mapImport", "cancelImport", "undoImport", "getImportReport"}
	ofSchedule = []string{"getExportSchedule", "updateExportSchedule", "deleteExportSchedule"}
	ofAccount  = []string{"putChannelAccount", "deleteChannelAccount", "takeWebhook", "verifyWebhook"}
)

// links are those of the document.
var links = []link{
	{"createContact", "201", map[string]string{"id": bodyID}, ofContact},
	{"createContact", "201", map[string]string{"id": bodyID, "If-Match": entity}, ofContact[1:3]},
	{"createContact", "201", map[string]string{"id": bodyID, "If-None-Match": entity}, []string{"getContact"}},
	{"listContacts", "200", map[string]string{"id": firstID}, ofContact},
	{"addNote", "201", map[string]string{"id": pathID, "noteId": bodyID}, ofNote},
	{"listNotes", "200", map[string]string{"id": pathID, "noteId": firstID}, ofNote},
	{"listConversations", "200", map[string]string{"id": firstID}, []string{"getConversation"}},

	{"startImport", "201", map[string]string{"id": bodyID}, ofImport},
	{"listImports", "200", map[string]string{"id": firstID}, ofImport},
	{"startExport", "202", map[string]string{"id": bodyID}, []string{"getExport"}},
	{"listExports", "200", map[string]string{"id": firstID}, []string{"getExport"}},
	{"createExportSchedule", "201", map[string]string{"id": bodyID}, ofSchedule},
	{"createExportSchedule", "201", map[string]string{"id": bodyID, "If-Match": entity}, ofSchedule[1:]},
	{"listExportSchedules", "200", map[string]string{"id": firstID}, ofSchedule},
	{"getSettings", "200", map[string]string{"If-Match": entity}, []string{"updateSettings"}},

	{"putChannelAccount", "201", map[string]string{"channel": bodyChannel, "accountId": bodyAccount}, ofAccount},
	{"listChannelAccounts", "200", map[string]string{"channel": firstChannel, "accountId": firstAccount}, ofAccount},

	{"listImports", "200", map[string]string{"cursor": bodyNext}, []string{"listImports"}},
	{"listExports", "200", map[string]string{"cursor": bodyNext}, []string{"listExports"}},
	{"listExportSchedules", "200", map[string]string{"cursor": bodyNext}, []string{"listExportSchedules"}},
	{"listChannelAccounts", "200", map[string]string{"cursor": bodyNext}, []string{"listChannelAccounts"}},
	{"listNotes", "200", map[string]string{"id": pathID, "cursor": bodyNext}, []string{"listNotes"}},
	{"listActivity", "200", map[string]string{"id": pathID, "cursor": bodyNext}, []string{"listActivity"}},
}

// addLinks enters the links of the document's operations, each under the operation that it leads to.
func addLinks(document *huma.OpenAPI) {
	operations := map[string]*huma.Operation{}
	for _, item := range document.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Put, item.Post, item.Patch, item.Delete} {
			if op != nil {
				operations[op.OperationID] = op
			}
		}
	}
	for _, l := range links {
		answer := operations[l.from].Responses[l.status]
		for _, target := range l.to {
			to := operations[target]
			if to == nil {
				continue
			}
			if answer.Links == nil {
				answer.Links = map[string]*huma.Link{}
			}
			answer.Links[l.name(target)] = &huma.Link{OperationID: target, Parameters: l.located(to)}
		}
	}
}

// name is the link's: that of its operation, and what it passes on besides ids.
func (l link) name(target string) string {
	switch {
	case l.parameters["If-Match"] != "":
		return target + "OfThisVersion"
	case l.parameters["If-None-Match"] != "":
		return target + "IfChanged"
	case l.parameters["cursor"] != "":
		return "nextPage"
	default:
		return target
	}
}

// located are the parameters of a link, with the places that the operation has them in.
func (l link) located(to *huma.Operation) map[string]any {
	all := map[string]any{}
	for _, parameter := range to.Parameters {
		if expression := l.parameters[parameter.Name]; expression != "" {
			all[parameter.In+"."+parameter.Name] = expression
		}
	}
	return all
}
