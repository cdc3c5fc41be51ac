package httpapi

import (
	"net/http"

	"github.com/occ/contacts/pkg/identity"
	"github.com/occ/contacts/pkg/problem"
)

// routes is the table of routes. Errors that follow from a route's role, body, id and parameters are entered by themselves.
func (s *server) routes() []*endpoint {
	return []*endpoint{
		on(s, operation{
			method: http.MethodGet, path: "/v1/health", id: "getHealth", summary: "Whether the API answers",
		}, s.getHealth),
		on(s, operation{
			method: http.MethodGet, path: "/v1/openapi.json", id: "getDocument", summary: "This document", media: []string{"application/json"},
		}, s.getDocument),

		on(s, operation{
			method: http.MethodGet, path: "/v1/contacts", role: identity.Agent, id: "listContacts", summary: "List or search contacts",
			notes: "May trail a write by some seconds. Without sort, newest first; with q and without sort, in the order of the search.",
		}, s.listContacts),
		on(s, operation{
			method: http.MethodPost, path: "/v1/contacts", role: identity.Agent, id: "createContact", summary: "Create a contact", status: http.StatusCreated,
			notes:   "Null means absent. A name is needed. E-mail and phone belong to one contact of the workspace only.",
			refuses: []problem.Code{problem.DuplicateContact, problem.ContactTooLarge}, demands: []string{"name"},
		}, s.createContact),
		on(s, operation{
			method: http.MethodGet, path: "/v1/contacts/{id}", role: identity.Agent, id: "getContact", summary: "Read a contact",
		}, s.getContact),
		on(s, operation{
			method: http.MethodPatch, path: "/v1/contacts/{id}", role: identity.Agent, id: "updateContact", summary: "Change a contact",
			notes:   "A JSON merge patch (RFC 7396): null removes, labels are replaced whole, attributes one by one. Done whole or not at all; one that changes nothing moves no version.",
			refuses: []problem.Code{problem.VersionConflict, problem.DuplicateContact, problem.ContactTooLarge},
		}, s.updateContact),
		on(s, operation{
			method: http.MethodDelete, path: "/v1/contacts/{id}", role: identity.Admin, id: "deleteContact", summary: "Delete a contact", status: http.StatusNoContent,
			notes: "With its notes, its activity and the words of its feedback; cannot be undone. Refused while there is any request of it, closed ones too. " +
				"Its conversations stay and name nobody.", refuses: []problem.Code{problem.VersionConflict, problem.ContactHasRequests},
		}, s.deleteContact),
		on(s, operation{
			method: http.MethodGet, path: "/v1/contacts/{id}/activity", role: identity.Agent, id: "listActivity", summary: "What happened to a contact, newest first",
		}, s.listActivity),
		on(s, operation{
			method: http.MethodGet, path: "/v1/contacts/{id}/conversations", role: identity.Agent, id: "listConversations", summary: "The conversations with a contact, newest first",
			notes: "By lastMessageAt. May trail a write by some seconds, as the lists of requests and feedback may; one that moves up while the list is walked may be missed or come twice.",
		}, s.listConversations),
		on(s, operation{
			method: http.MethodGet, path: "/v1/contacts/{id}/requests", role: identity.Agent, id: "listRequests", summary: "The requests of a contact, newest first",
			notes: "By openedAt; closed ones too. May trail a write by some seconds.",
		}, s.listRequests),
		on(s, operation{
			method: http.MethodGet, path: "/v1/contacts/{id}/feedback", role: identity.Agent, id: "listFeedback", summary: "The feedback of a contact, newest first",
			notes: "By submittedAt. May trail a write by some seconds.",
		}, s.listFeedback),
		on(s, operation{
			method: http.MethodGet, path: "/v1/conversations/{id}", role: identity.Agent, id: "getConversation", summary: "Read a conversation",
			notes: "By its id or its externalId. It keeps answering after its contact was deleted: customerName is then \"Deleted User\".",
		}, s.getConversation),
		on(s, operation{
			method: http.MethodGet, path: "/v1/contacts/{id}/notes", role: identity.Agent, id: "listNotes", summary: "The notes of a contact, newest first",
		}, s.listNotes),
		on(s, operation{
			method: http.MethodPost, path: "/v1/contacts/{id}/notes", role: identity.Agent, id: "addNote", summary: "Write a note", status: http.StatusCreated,
			notes: "A contact has at most 1,000.", refuses: []problem.Code{problem.NotPossible},
		}, s.addNote),
		on(s, operation{
			method: http.MethodGet, path: "/v1/contacts/{id}/notes/{noteId}", role: identity.Agent, id: "getNote", summary: "Read a note",
		}, s.getNote),
		on(s, operation{
			method: http.MethodPatch, path: "/v1/contacts/{id}/notes/{noteId}", role: identity.Agent, id: "updateNote", summary: "Change a note",
			refuses: []problem.Code{problem.VersionConflict},
		}, s.updateNote),
		on(s, operation{
			method: http.MethodDelete, path: "/v1/contacts/{id}/notes/{noteId}", role: identity.Agent, id: "deleteNote", summary: "Delete a note",
			status: http.StatusNoContent, refuses: []problem.Code{problem.VersionConflict},
		}, s.deleteNote),
		on(s, operation{
			method: http.MethodPut, path: "/v1/contacts/{id}/labels/{label}", role: identity.Agent, id: "addLabel", summary: "Give a contact a label",
			status: http.StatusNoContent, notes: "Also when it has it already, compared without case; the first spelling stays.", refuses: []problem.Code{problem.ContactTooLarge},
		}, s.addLabel),
		on(s, operation{
			method: http.MethodDelete, path: "/v1/contacts/{id}/labels/{label}", role: identity.Agent, id: "removeLabel", summary: "Take a label off a contact",
			status: http.StatusNoContent, notes: "Also when it has none such.",
		}, s.removeLabel),
		on(s, operation{
			method: http.MethodGet, path: "/v1/labels", role: identity.Agent, id: "listLabels", summary: "Every label in use, once, in its first spelling; unpaged",
		}, s.listLabels),

		on(s, operation{
			method: http.MethodGet, path: "/v1/settings", role: identity.Admin, id: "getSettings", summary: "Read the workspace's settings",
		}, s.getSettings),
		on(s, operation{
			method: http.MethodPatch, path: "/v1/settings", role: identity.Admin, id: "updateSettings", summary: "Change the workspace's settings",
			notes: "A JSON merge patch (RFC 7396).", refuses: []problem.Code{problem.VersionConflict},
		}, s.updateSettings),

		on(s, operation{
			method: http.MethodGet, path: "/v1/export-schedules", role: identity.Admin, id: "listExportSchedules", summary: "List export schedules, newest first",
		}, s.listSchedules),
		on(s, operation{
			method: http.MethodPost, path: "/v1/export-schedules", role: identity.Admin, id: "createExportSchedule", summary: "Have an export made again and again", status: http.StatusCreated,
			notes: "schedule is an expression of EventBridge in UTC, as rate(12 hours) or cron(0 2 ? * MON-FRI *). Filters and fields as of an export; what they mean is settled now. " +
				"While an export of the schedule is not finished, no other begins. A workspace has at most 20.",
			refuses: []problem.Code{problem.NotPossible},
		}, s.createSchedule),
		on(s, operation{
			method: http.MethodGet, path: "/v1/export-schedules/{id}", role: identity.Admin, id: "getExportSchedule", summary: "Read an export schedule",
		}, s.getSchedule),
		on(s, operation{
			method: http.MethodPatch, path: "/v1/export-schedules/{id}", role: identity.Admin, id: "updateExportSchedule", summary: "Change an export schedule",
			notes:   "A JSON merge patch (RFC 7396): null takes a filter away. Another schedule, or enabled, begins the wait of a rate() anew.",
			refuses: []problem.Code{problem.VersionConflict},
		}, s.updateSchedule),
		on(s, operation{
			method: http.MethodDelete, path: "/v1/export-schedules/{id}", role: identity.Admin, id: "deleteExportSchedule", summary: "Delete an export schedule",
			status: http.StatusNoContent, notes: "Exports that it made stay.", refuses: []problem.Code{problem.VersionConflict},
		}, s.deleteSchedule),

		on(s, operation{
			method: http.MethodGet, path: "/v1/imports/template", role: identity.Admin, id: "getImportTemplate", summary: "A file to fill in, with an example row",
			media: []string{"text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/json"}, refuses: []problem.Code{problem.UnsupportedFormat},
		}, s.getTemplate),
		on(s, operation{
			method: http.MethodGet, path: "/v1/imports", role: identity.Admin, id: "listImports", summary: "List imports, newest first",
		}, s.listImports),
		on(s, operation{
			method: http.MethodPost, path: "/v1/imports", role: identity.Admin, id: "startImport", summary: "Start an import", status: http.StatusCreated,
			notes: "The answer says how to upload the file; the import begins by itself once it is there. One that never comes ends as cancelled after 24 hours. " +
				"A file without a column for the name, or for an e-mail or phone, waits in awaiting_mapping; one without a column that mapping names fails. " +
				"A dry run takes rows one by one: where two rows reach one known contact, the real run may find it changed.",
			refuses: []problem.Code{problem.FileTooLarge, problem.UnsupportedFormat, problem.InvalidMapping, problem.NotPossible},
		}, s.startImport),
		on(s, operation{
			method: http.MethodGet, path: "/v1/imports/{id}", role: identity.Admin, id: "getImport", summary: "Read an import, with what is counted so far",
		}, s.getImport),
		on(s, operation{
			method: http.MethodPost, path: "/v1/imports/{id}/mapping", role: identity.Admin, id: "mapImport", summary: "Say what the columns of an import hold", status: http.StatusAccepted,
			notes:   "Of an import in awaiting_mapping, which then goes on. It replaces a mapping given before. One that is never mapped ends as cancelled after 30 days.",
			refuses: []problem.Code{problem.NotPossible, problem.InvalidMapping},
		}, s.mapImport),
		on(s, operation{
			method: http.MethodPost, path: "/v1/imports/{id}/cancel", role: identity.Admin, id: "cancelImport", summary: "Cancel an import", status: http.StatusAccepted,
			notes: "Rows not yet written count as skipped; what was written stays.", refuses: []problem.Code{problem.NotPossible},
		}, s.cancelImport),
		on(s, operation{
			method: http.MethodPost, path: "/v1/imports/{id}/undo", role: identity.Admin, id: "undoImport", summary: "Undo an import", status: http.StatusAccepted,
			notes: "Completed and cancelled imports, no dry runs, for 90 days. What it created is deleted and what it changed is changed back; contacts edited or spoken " +
				"with since are kept, and the report lists them with the code edited_since. The totals stay those of the import.",
			refuses: []problem.Code{problem.NotPossible},
		}, s.undoImport),
		on(s, operation{
			method: http.MethodGet, path: "/v1/imports/{id}/report", role: identity.Admin, id: "getImportReport", summary: "The rows that were rejected or skipped, or kept by an undo, and why",
			notes:  "Redirects to a link that lasts 15 minutes: a CSV file of the original columns, _row, _outcome, _code and _message.",
			status: http.StatusSeeOther, refuses: []problem.Code{problem.NoReport},
		}, s.getReport),

		on(s, operation{
			method: http.MethodGet, path: "/v1/exports", role: identity.Admin, id: "listExports", summary: "List exports, newest first",
		}, s.listExports),
		on(s, operation{
			method: http.MethodPost, path: "/v1/exports", role: identity.Admin, id: "startExport", summary: "Start an export", status: http.StatusAccepted,
			notes:   "Filters as in the list of contacts; without any, all contacts. The file is written by itself; read the export until it is completed and has a downloadUrl.",
			refuses: []problem.Code{problem.NotPossible},
		}, s.startExport),
		on(s, operation{
			method: http.MethodGet, path: "/v1/exports/{id}", role: identity.Admin, id: "getExport", summary: "Read an export, with a link to its file once that is there",
		}, s.getExport),

		on(s, operation{
			method: http.MethodGet, path: "/v1/channel-accounts", role: identity.Agent, id: "listChannelAccounts", summary: "List channel accounts, newest first",
		}, s.listAccounts),
		on(s, operation{
			method: http.MethodPut, path: "/v1/channel-accounts/{channel}/{accountId}", role: identity.Admin, id: "putChannelAccount",
			summary: "Register or change a channel account", created: true,
			notes: "Says which workspace the webhooks of an account belong to, which come to /v1/webhooks/{channel}/{accountId}. 201 when it is new, 200 when it " +
				"existed. Secrets are needed each time and never shown. A new signingSecret leaves the one before valid until previousSecretUntil.",
			refuses: []problem.Code{problem.AccountTaken},
		}, s.putAccount),
		on(s, operation{
			method: http.MethodDelete, path: "/v1/channel-accounts/{channel}/{accountId}", role: identity.Admin, id: "deleteChannelAccount",
			summary: "Remove a channel account", status: http.StatusNoContent, notes: "Its webhooks are refused from then on; what it brought stays.",
			refuses: []problem.Code{problem.VersionConflict},
		}, s.deleteAccount),
	}
}
