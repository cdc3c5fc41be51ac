package main

import "fmt"

// What nobody can measure here is assumed, on the side of more. Times of functions are those of warm calls on AWS,
// where a call to DynamoDB takes some 5 ms and one to SQS some 10.
const (
	minutes = 30 * 24 * 60 // of a month
	hours   = 30 * 24

	// Lambda keeps five pollers on the queue of a mapping, each waiting 20 s for messages.
	// https://repost.aws/knowledge-center/sqs-high-charges
	pollers       = 5
	pollsAMinute  = 3
	apiSeconds    = 0.025 // 1,024 MB: a signed token, two or three rounds of reads
	hookSeconds   = 0.015 // 1,024 MB: one read, one message sent
	eventsSeconds = 0.030 // 512 MB: three rounds of reads, writes side by side
	sweepSeconds  = 0.030
	rowsASecond   = 600   // of one import-write, 512 MB
	walkASecond   = 4_000 // contacts that an export writes, 1,024 MB
	gb            = 1e9

	// Bytes of log lines, with the 26 that CloudWatch adds to each: our own line, that of the metrics, and the
	// gateway's. Lambda's reports of calls are not written (SystemLogLevel).
	// https://aws.amazon.com/cloudwatch/pricing/
	apiLog    = 250 + 300 + 450 + 3*26
	hookLog   = 260 + 330 + 450 + 3*26
	eventsLog = 150 + 220 + 2*26
	sweepLog  = 100
)

// month is a month that one can imagine.
type month struct {
	name, says string
	use        use
	goal       float64 // dollars, less than that; 0 for none
}

// months computes all of them.
func months(u units, d deployed) []month {
	idle := use{
		"key": float64(d.keys), "alarm": float64(d.alarms),
		"queue": float64(d.mappings * pollers * pollsAMinute * minutes),
	}.add(minutes, use{"schedule": float64(d.sweeps), "call": float64(d.sweeps)}).
		add(minutes, use{"compute": float64(d.sweeps) * sweepSeconds * 0.75, "log": float64(d.sweeps) * sweepLog / gb}).
		add(minutes, u.Sweeps.use())
	request := use{"gateway": 1, "call": 1, "compute": apiSeconds, "log": apiLog / gb}
	page := use{}.add(1, request).add(1, u.Page.use())
	return []month{
		{"nothing happens", "sweeps, polling, alarms, the key", idle, 2.50},
		{"the same, Monitoring=full", "all alarms and the dashboard", use{
			"alarm": float64(d.alarmsFull), "dashboard": float64(d.dashboards),
		}.add(1, idle), 0},
		{"10,000 contacts imported", "one file of new people, two-word names, an e-mail and a phone each", imported(u, 10_000), 0.10},
		{"1,000,000 contacts stored, backed up every night", "tables, indexes, point-in-time recovery, CSV of 300 bytes a contact kept 97 days", stored(u, 1_000_000), 0},
		{"1,000,000 webhooks of WhatsApp", "one message and the sent, delivered and read of its answer, in turn; nine of ten messages from somebody known; twelve hours a day",
			webhooks(u, 250_000, 750_000), 10},
		{"1,000,000 messages", "the same without statuses", webhooks(u, 1_000_000, 0), 0},
		{"1,000,000 pages", "lists of 25 contacts, in every hour of the month", use{"metric": 1}.add(1e6, page), 0},
		{"100 agents", "22 days of 8 hours, a request a minute: half pages, a third single contacts, a sixth edits", agents(u, request), 0},
	}
}

// imported is an import of new contacts.
func imported(u units, rows float64) use {
	chunks := u.Chunks / 10_000 * rows
	return use{
		"queue": 3 * chunks, "call": chunks, "compute": rows/rowsASecond*0.5 + rows/5_000,
		"object": chunks + 10, "log": chunks * 1_000 / gb, "metric": 4.0 / hours, // the metrics of an hour
	}.add(rows, u.ImportRow.use())
}

// stored is what contacts cost that nobody looks at.
func stored(u units, contacts float64) use {
	size := contacts * u.ItemBytes / gb
	csv := contacts * 300 / gb
	nightly := use{
		"compute": contacts / walkASecond, "object": contacts/20_000 + 20, "metric": 3.0 / hours,
	}.add(contacts, u.ExportRow.use())
	return use{"stored": size, "recovery": size, "file": csv * 97}.add(30, nightly)
}

// webhooks are messages and statuses of WhatsApp, half of the hours of a month.
func webhooks(u units, messages, statuses float64) use {
	taken := use{"gateway": 1, "call": 1, "compute": hookSeconds, "log": hookLog / gb}.add(1, u.Webhook.use())
	applied := use{
		"queue": 3, "call": 1, "compute": eventsSeconds * 0.5, "log": eventsLog / gb, // sent, received, deleted
	}.add(0.1, u.FirstMessage.use()).add(0.9, u.NextMessage.use())
	metrics := 3.0 // milliseconds and events of webhooks, events applied
	if statuses > 0 {
		metrics++ // what is ignored
	}
	// The secret of an account is opened every 15 minutes, by some processes.
	all := use{"metric": metrics / 2, "decrypt": 4 * hours / 2 * 5}
	return all.add(messages+statuses, taken).add(messages, applied)
}

// agents are people at work.
func agents(u units, request use) use {
	const requests = 100 * 22 * 8 * 60
	one := use{}.add(1, request).add(1.0/2, u.Page.use()).add(1.0/3, u.Read.use()).add(1.0/6, u.Edit.use())
	return use{"metric": 12 * 22 * 8 / float64(hours)}.add(requests, one) // a dozen routes, in the hours of work
}

func dollars(amount float64) string { return fmt.Sprintf("%.2f", amount) }
