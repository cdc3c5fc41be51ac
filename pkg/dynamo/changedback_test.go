package dynamo

import (
	"testing"

	"github.com/occ/contacts/pkg/channel"
	"github.com/occ/contacts/pkg/channel/channeltest"
)

// TestANumberThatIsTheOldOneAgain tells of a change after the change that took it back: both are applied, and the
// person has the number, whichever account told of the later one.
func TestANumberThatIsTheOldOneAgain(t *testing.T) {
	for _, account := range []string{"line-1", "line-2"} {
		for _, known := range []bool{true, false} {
			s := fresh(t)
			changed := func(second int, account, from, to string) {
				e := said(channel.NumberChanged, second, channeltest.WhatsApp(to, ""))
				former := channeltest.WhatsApp(from, "")
				e.AccountID, e.Former = account, &former
				hears(t, s, e)
			}
			mona := person(1)
			if mona.Phone = "+201000000003"; known {
				create(t, s, mona)
			}
			changed(6, account, "201000000005", "201000000003")
			changed(3, "line-2", "201000000003", "201000000005") // it comes late
			whole(t, s)
			if known && one(t, s).Phone != mona.Phone {
				t.Errorf("%s: %+v", account, one(t, s))
			}
			hears(t, s, said(channel.Message, 9, channeltest.WhatsApp("201000000003", "")))
			if all := everybody(t, s); len(all) != 1 || all[0].Phone != mona.Phone {
				t.Errorf("%s, known %v: %+v", account, known, all)
			}
			whole(t, s)
		}
	}
}
