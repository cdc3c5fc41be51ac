package trigger

import "github.com/occ/contacts/pkg/metrics"

// swept tells what the AWS clients met during a sweep, and passes the sweep's error on. It writes nothing else: a
// metric that comes
// every minute costs 0.30 $ a month, and that sweeps run is seen in EventBridge's own metrics.
func swept(recorder *metrics.Recorder, err error) error {
	recorder.Flush()
	return err
}
