package importing

import (
	"strings"
	"sync"

	"github.com/occ/contacts/pkg/fold"
)

// The fields that a column can hold (pkg/httpapi/README.md, "Columns and their mapping"); attributes are attrPrefix and
// their key.
const (
	fieldName       = "name"
	fieldFirstName  = "firstName"
	fieldLastName   = "lastName"
	fieldEmail      = "email"
	fieldPhone      = "phone"
	fieldCompany    = "company"
	fieldNotes      = "notes"
	fieldLabels     = "labels"
	fieldChannel    = "channel"
	fieldCreatedAt  = "createdAt"
	fieldID         = "id"
	fieldIdentities = "identities"
	attrPrefix      = "attr."
)

// known is what a header means. Of several columns of one field the lowest rank comes first: what somebody mapped, our own
// names, then the usual ones; a mobile phone before others.
type known struct {
	field string
	rank  int
	own   bool // a header of our template and exports, or one that somebody mapped, whose values we answer for
}

// Ranks of headers. Phones have more, as a mobile is preferred to a phone without a kind, and that to one at a desk.
const (
	rankGiven = iota
	rankOwn
	rankUsual
	rankOther
)

// headers are the known headers by fold.Header, digits left out where numbered allows them. They are made when the first
// header is read: import-write never does.
var headers = sync.OnceValue(func() map[string]known { return table(words) })

// words are what people call the fields, without spaces, in some languages.
var words = map[known]string{
	{fieldName, rankOwn, true}:         "name",
	{fieldName, rankUsual, false}:      "fullname displayname contactname customername contact customer nom nomcomplet nombre nombrecompleto nome nomecompleto naam adsoyad الاسم الاسمالكامل",
	{fieldName, rankOther, false}:      "fileas",
	{fieldFirstName, rankOwn, true}:    "firstname",
	{fieldFirstName, rankUsual, false}: "givenname forename fname prenom vorname primernombre voornaam الاسمالأول",
	{fieldLastName, rankOwn, true}:     "lastname",
	{fieldLastName, rankUsual, false}:  "familyname surname lname nomdefamille nachname familienname apellido apellidos sobrenome cognome achternaam soyad اسمالعائلة",

	{fieldEmail, rankOwn, true}:      "email",
	{fieldEmail, rankUsual, false}:   "emailaddress emailvalue mail mailaddress emailid primaryemail courriel adresseemail adressemail emailadresse correo correoelectronico eposta البريدالإلكتروني البريد الإيميل",
	{fieldEmail, rankOther, false}:   "workemail businessemail personalemail homeemail otheremail alternateemail secondaryemail additionalemails",
	{fieldPhone, rankOwn, false}:     "mobile mobilephone mobilenumber mobilephonenumber mobileno cell cellphone cellular cellphonenumber whatsapp whatsappnumber whatsappphone whatsappphonenumber handy portable movil celular cellulare cep الجوال رقمالجوال الموبايل رقمالموبايل واتساب",
	{fieldPhone, rankUsual, true}:    "phone",
	{fieldPhone, rankUsual, false}:   "phonenumber phoneno phonevalue primaryphone telephone telephonenumber tel telno telefon telefonnummer telefono telefone telefoon msisdn الهاتف رقمالهاتف التليفون رقمالتليفون",
	{fieldPhone, rankOther, false}:   "homephone businessphone workphone officephone companymainphone otherphone carphone radiophone companyphone homephonenumber workphonenumber",
	{fieldCompany, rankOwn, true}:    "company",
	{fieldCompany, rankUsual, false}: "companyname organization organisation organizationname organisationname organizations employer account accountname societe entreprise firma unternehmen empresa azienda bedrijf sirket الشركة اسمالشركة المؤسسة المؤسسه",
	{fieldCompany, rankOther, false}: "associatedcompany companies",

	{fieldNotes, rankOwn, true}:        "notes",
	{fieldNotes, rankUsual, false}:     "note comment comments remarks notizen notas remarques ملاحظات",
	{fieldLabels, rankOwn, true}:       "labels",
	{fieldLabels, rankUsual, false}:    "label tags tag groups groupmembership categories etiquettes etiquetas schlagworter الوسوم التصنيفات",
	{fieldChannel, rankOwn, true}:      "channel",
	{fieldCreatedAt, rankOwn, true}:    "createdat",
	{fieldCreatedAt, rankUsual, false}: "created createdate creationdate datecreated createdon createdtime signedup signedupat optintime datumerstellt تاريخالإنشاء",
}

func table(words map[known]string) map[string]known {
	all := map[string]known{}
	for meaning, list := range words {
		for word := range strings.FieldsSeq(list) {
			all[fold.Header(word)] = meaning
		}
	}
	return all
}

// numbered says that a field may have several columns, told apart by a number.
func numbered(field string) bool { return field == fieldEmail || field == fieldPhone }
