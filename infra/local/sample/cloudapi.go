package sample

// CloudAPI is a body of WhatsApp's Cloud API: what a number got, by its phone number id.
// https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples
func CloudAPI(phoneNumberID string, value map[string]any) map[string]any {
	value["messaging_product"] = "whatsapp"
	value["metadata"] = map[string]any{"display_phone_number": "15550783881", "phone_number_id": phoneNumberID}
	return map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{
		"id": "1", "changes": []any{map[string]any{"field": "messages", "value": value}},
	}}}
}
