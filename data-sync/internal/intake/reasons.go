package intake

// Reasons for an unreadable record.
const (
	// ReasonFieldCount: the record has more or fewer cells than the header.
	ReasonFieldCount = "FIELD_COUNT"
	// ReasonQuote: a quoted cell does not end as it should.
	ReasonQuote = "QUOTE"
	// ReasonLineTooLong: longer than MaxRecordBytes.
	ReasonLineTooLong = "LINE_TOO_LONG"
	// ReasonNoIdentity: the record id is empty, too long or not readable.
	ReasonNoIdentity = "NO_IDENTITY"
	// ReasonNoStudy: the study is empty, too long or not readable.
	ReasonNoStudy = "NO_STUDY"
	// ReasonJSON: the line is no JSON object.
	ReasonJSON = "JSON_SYNTAX"
	// ReasonJSONNested: a value is itself an object or a list.
	ReasonJSONNested = "JSON_NESTED"
	// ReasonJSONKey: a key is no column name: empty, too long, or with a control
	// character; or there are more than MaxColumns.
	ReasonJSONKey = "JSON_KEY"
	// ReasonJSONDuplicateKey: a key comes twice, case aside.
	ReasonJSONDuplicateKey = "JSON_DUPLICATE_KEY"
)

// Reasons of problems with a row that is taken in none the less.
const (
	// ReasonSeriousUnknown: neither yes nor no; the report comes with the serious
	// ones.
	ReasonSeriousUnknown = "SERIOUS_UNKNOWN"
	// ReasonSeriousByCriterion: a criterion says yes where the flag says no.
	ReasonSeriousByCriterion = "SERIOUS_BY_CRITERION"
	// ReasonLanguageUnknown: no language code; the report goes as "und".
	ReasonLanguageUnknown = "LANGUAGE_UNKNOWN"
)

var jsonMessages = map[string]string{
	ReasonJSON:             "the line is not one JSON object",
	ReasonJSONNested:       "a value is an object or a list; only text, numbers, true, false and null can be read",
	ReasonJSONKey:          "a key is empty, too long or not readable, or there are too many",
	ReasonJSONDuplicateKey: "a key comes twice",
}
