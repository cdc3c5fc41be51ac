package main

import (
	"fmt"
	"strings"

	"github.com/occ/contacts/infra/template"
)

// deployed is what template.yaml makes that costs something while nobody calls, with the defaults of its parameters.
type deployed struct {
	alarms, alarmsFull int // metrics that alarms read; those of Monitoring=full alone
	dashboards         int // of Monitoring=full
	mappings           int // queues that Lambda polls
	sweeps             int // schedules of one minute
	keys               int
	traced             bool
}

// readDeployed counts in a checkout's template.
func readDeployed(root string) (deployed, error) {
	t, err := template.Read(root)
	if err != nil {
		return deployed{}, err
	}
	d := deployed{traced: t.Parameters["Tracing"].Default == nil || *t.Parameters["Tracing"].Default != "PassThrough"}
	for name, r := range t.Resources {
		switch r.Type {
		case "AWS::CloudWatch::Alarm":
			if asks(t, r.Condition, "Monitoring") {
				d.alarmsFull += r.AlarmMetrics()
			} else {
				d.alarms += r.AlarmMetrics()
			}
		case "AWS::CloudWatch::Dashboard":
			d.dashboards++
		case "AWS::KMS::Key":
			d.keys++
		case "AWS::Scheduler::Schedule":
			if r.Properties["ScheduleExpression"] == "rate(1 minute)" {
				d.sweeps++
			}
		case "AWS::Serverless::Function":
			events, _ := r.Properties["Events"].(map[string]any)
			for _, event := range events {
				if e, _ := event.(map[string]any); e["Type"] == "SQS" {
					d.mappings++
				}
			}
		case "AWS::Logs::MetricFilter":
			return d, fmt.Errorf("%s: the table does not count metrics of filters", name)
		}
	}
	return d, nil
}

// asks reports whether a condition, or one that it is made of, depends on a parameter.
func asks(t template.Template, condition, parameter string) bool {
	if condition == "" {
		return false
	}
	said := fmt.Sprint(t.Conditions[condition])
	if strings.Contains(said, "Ref:"+parameter+"]") {
		return true
	}
	for other := range t.Conditions {
		if strings.Contains(said, "Condition:"+other+"]") && asks(t, other, parameter) {
			return true
		}
	}
	return false
}
