package report

// Row is one record of a file, or one SyncAEData call, after parsing: what the
// store takes in.
type Row struct {
	// Line of the file where the record begins, from 1; 0 for a call.
	Line     int64
	Identity Identity
	Verbatim string
	// VerbatimRaw holds the bytes where they are no valid UTF-8 or hold NUL;
	// Verbatim is empty then.
	VerbatimRaw []byte
	// Language as stated: "en", "zh" or empty.
	Language string
	Serious  Seriousness
	// Fields are the columns of the record in order, without the volatile ones.
	Fields []Field
	// Volatile are the columns whose values change from one extract to the next
	// without the report having changed, such as a row number. Their latest values
	// are kept; they make no revision.
	Volatile []Field
	// Hold is why the verbatim cannot be coded; empty when it can.
	Hold Reason
}

// Unreadable is a record without identity, or one that cannot be parsed. Its
// bytes are kept.
type Unreadable struct {
	Line int64
	Raw  []byte
	// Reason is a short class such as "NO_IDENTITY" or "FIELD_COUNT".
	Reason string
}

// Outcome is what intake made of a row.
type Outcome string

// The outcomes: every row has exactly one.
const (
	New           Outcome = "new"
	Unchanged     Outcome = "unchanged"
	Changed       Outcome = "changed"
	Held          Outcome = "held"
	UnreadableRow Outcome = "unreadable"
)

// Account counts the rows of an import: Rows = New + Unchanged + Changed + Held +
// Unreadable. The further counts are of rows that are in one of those as well.
type Account struct {
	Rows       int64 `json:"rows"`
	New        int64 `json:"new"`
	Unchanged  int64 `json:"unchanged"`
	Changed    int64 `json:"changed"`
	Held       int64 `json:"held"`
	Unreadable int64 `json:"unreadable"`
	// Repeats are rows equal to an earlier row of the import, counted as unchanged.
	Repeats int64 `json:"repeats,omitempty"`
	// IdentityRepeated are rows that share identity, verbatim and language with
	// another row of the import and differ elsewhere.
	IdentityRepeated int64 `json:"identity_repeated,omitempty"`
	// DuplicateIdentity are rows that share an identity with a row of the import
	// that has another verbatim or language.
	DuplicateIdentity int64 `json:"duplicate_identity,omitempty"`
}

// Balanced reports whether rows = new + unchanged + changed + held + unreadable.
func (a Account) Balanced() bool {
	return a.Rows == a.New+a.Unchanged+a.Changed+a.Held+a.Unreadable
}

// Batch is one bounded piece of an import. (ImportID, Sequence) is its
// identity: applied again with the same Digest it changes nothing and answers
// what it answered first.
type Batch struct {
	ImportID string
	Sequence int32
	// Digest is an HMAC of the batch's bytes and mapping, to tell a resend from
	// another payload under the same identity.
	Digest   string
	Source   string
	FileName string
	FileHash string
	// IdentityColumns identify a record in its source. The first import fixes them.
	IdentityColumns []string
	// Reading says how the caller read the file, as JSON; it may be empty.
	Reading string
	// Columns of the file in order, for the export.
	Columns    []string
	Rows       []Row
	Unreadable []Unreadable
	Last       bool
}

// RowProblem is a row that is held or unreadable. It never quotes the row.
type RowProblem struct {
	Line     int64    `json:"line"`
	Field    string   `json:"field"`
	Reason   string   `json:"reason"`
	Message  string   `json:"message"`
	Identity Identity `json:"identity"`
}

// BatchResult is the account of the import so far and the problems of this
// batch.
type BatchResult struct {
	Account  Account
	Problems []RowProblem
	// Replayed: the batch had been applied before.
	Replayed bool
}
